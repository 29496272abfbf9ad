export { gatewayRules, handoverRules, machineRules } from "./acl";
export {
  AGENT_RECORD,
  type AgentRelease,
  agentRelease,
  agentSecretFiles,
  agentTokenProgram,
  EARLIER_AGENT_RECORD,
} from "./agent";
export { type Handover, handover } from "./handover";
export { type InspectValues, inspectProgram } from "./inspect";
export { type InstanceRelease, instanceRelease } from "./instance";
export type { MachineFile } from "./machine-file";
export {
  incomingProgram,
  nodeRelease,
  probeProgram,
  type Route,
  routesOf,
  sweepProgram,
  tokensProgram,
  userData,
  wipeProgram,
} from "./node";
export { type PreflightQuestions, preflightScript } from "./preflight";
export { contentHash } from "./program";
export { programsOn } from "./programs";
