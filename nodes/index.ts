/** Reads a live mesh: over ssh, from the node program's reports, and from Consul's API. */

export type { Output } from "../toolchain";
export { changeKeyring, endToken, makeManagementToken } from "./consul-admin";
export {
  type ApiAnswer,
  apiUrl,
  askApi,
  askIfThere,
  askJson,
  atReachableConsul,
  leaderFault,
  type PassedOver,
  passedOverText,
  type Where,
} from "./consul-api";
export { diffOf } from "./entry-changes";
export { type Difference, difference } from "./entry-difference";
export { onEveryNode } from "./every-node";
export type { Agent, Facts, Folder, Listener, Registration, Xds } from "./facts";
export { type LiveEntry, meshOf, named, OUR_KINDS, readEntries, withoutConsulsOwn } from "./live-entries";
export { mapLimit } from "./map-limit";
export { readFacts } from "./read-facts";
export {
  type AgentService,
  type EnvoyReport,
  type NodeReport,
  readReport,
  type UnitReport,
  Unreadable,
} from "./report";
export { runAsLogin, runOn } from "./ssh";
export { type SshFault, sshFault } from "./ssh-fault";
