/** Throw-away nodes. */

export { labOfAnotherCheckout } from "./checkout";
export { chosenMesh, rememberMesh } from "./chosen";
export { machinesOf } from "./declared";
export { makeKeys } from "./keys";
export { changes, down, linkDown, linkUp, reboot, remove, reset, ssh, sshArguments, start, up } from "./machines";
export { keysOf, privateKeyFile } from "./places";
export { callersIn, describe, firstWay } from "./request";
export { inspectHost, obstacles } from "./requirements";
export { allSteps, machineSteps, run } from "./steps";
export { forgetState } from "./terraform-state";
