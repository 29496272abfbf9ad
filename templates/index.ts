export { gatewayRules, handoverRules, nodeRules, routesRules, takenRules } from "./acl";
export {
  type AgentRelease,
  agentRelease,
  agentSecretFiles,
  agentTokenProgram,
} from "./agent";
export { runsItself } from "./binary";
export { shellWord } from "./escape";
export { filesOnNodes, secretFilesOnNodes } from "./files-on-nodes";
export { type Handover, handover } from "./handover";
export { inspectProgram } from "./inspect";
export { type InstanceRelease, instanceRelease } from "./instance";
export { machineIdentity } from "./machine-identity";
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
export type { NodeFile } from "./node-file";
export {
  isUpload,
  type PreflightQuestions,
  preflightScript,
  UPLOAD_COMMAND,
  uploadedScript,
  WANTED,
} from "./preflight";
export { contentHash, nodeProgram, recordConf, runScript, type Verb } from "./program";
export { programsOn } from "./programs";
export {
  entryName,
  returnProgram,
  SETTLE_SECRET,
  settleProgram,
  takenEntries,
  takeProgram,
} from "./taken";
