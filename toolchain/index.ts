/** Programs that the mesh and its tools need: found, or built. */

export { cacheRoot, writeWhole } from "./cache";
export { atLeast, run, which } from "./command";
export { GO_LINTERS, raceCheck, runGoCheck, testedPackages } from "./go-checks";
export { generateNodeDocuments, NODE_DOCUMENTS } from "./node-documents";
export {
  type Arch,
  buildNodeProgram,
  builtNodePrograms,
  NODE_MODULE,
  type NodeProgram,
  nodeProgram,
  nodePrograms,
  nodeProgramVersion,
} from "./node-program";
export { part, type Report } from "./parts";
export { type Output, output } from "./process";
export { missingFrom, PROVIDERS, standInKey, thisPlatform } from "./provider-mirror";
export { registryAnswers } from "./registry";
export { runHere } from "./with-terminal";
