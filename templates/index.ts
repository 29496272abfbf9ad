export { gatewayRules, handoverRules, machineRules, routesRules, takenRules } from "./acl";
export {
  AGENT_RECORD,
  type AgentRelease,
  agentRelease,
  agentSecretFiles,
  agentTokenProgram,
  EARLIER_AGENT_RECORD,
} from "./agent";
export { filesOnNodes, secretFilesOnNodes } from "./files-on-nodes";
export { type Handover, handover } from "./handover";
export { inspectProgram } from "./inspect";
export { type InstanceRelease, instanceRelease } from "./instance";
export type { MachineFile } from "./machine-file";
export {
  incomingProgram,
  nodeRelease,
  probeProgram,
  type Route,
  refreshRelease,
  routedGateways,
  routesOf,
  sweepProgram,
  tokensProgram,
  userData,
  wipeProgram,
} from "./node";
export type { AgentService, EdgeTrial, EnvoyReport, Inspection, Report, UnitReport } from "./node-documents";
export {
  isUpload,
  type PreflightQuestions,
  preflightScript,
  UPLOAD_COMMAND,
  uploadedScript,
  WANTED,
} from "./preflight";
export { contentHash, nodeProgram, programOf } from "./program";
export { programsOn } from "./programs";
export {
  entryId,
  entryName,
  returnProgram,
  SETTLE_SECRET,
  settleProgram,
  takenEntries,
  takenId,
  takeProgram,
} from "./taken";
