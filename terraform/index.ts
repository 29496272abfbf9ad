/** Everything that runs Terraform, and its states. */

export { runCdktf, runWithTerraform } from "./cdktf";
export { claimFolder } from "./claim";
export { deploy } from "./deploy";
export { destroy } from "./destroy";
export { Ended } from "./ended";
export { COMPLETE, runsElsewhere, synthIsComplete, terraformEnv } from "./env";
export { readState, repairInterrupted } from "./interrupted";
export { hasLocalState } from "./local-state";
export { notesIn, stacksIn } from "./manifest";
export { type WrittenEntry, writtenEntries } from "./mesh-state";
export { moveStates } from "./move-state";
export { chooseProviders, type ProviderChoice } from "./provider-choice";
export { replace } from "./replace";
export { outputFolder, settleProviders } from "./settle";
export type { Stack, Synthesized } from "./stack";
export type { CreatedState, Ran } from "./unfinished";
