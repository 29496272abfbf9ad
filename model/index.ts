/** The room's door: what a mesh file and the rooms below use. */
export { checkMesh } from "./check";
export * from "./declaration";
export { nodeFiles, UNKNOWN_SHA256 } from "./files";
export { ASKED_FOR, hostKeyFault, withoutComment } from "./formats/host-key";
export { hostKeyFrom, missingKeyFile } from "./host-key";
export { LAB_MESH, loadDeclaration, loadMesh, meshPath } from "./load";
export { MARK } from "./mark";
export type * from "./mesh";
export { CONSUL_PORTS, type PortRange, type PortRanges, portRanges } from "./ports";
export { formatProblems } from "./problem";
export { ROUTING_KINDS } from "./routing";
