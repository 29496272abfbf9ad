/** The room's door: what a mesh file and the rooms below use. */
export { checkMesh } from "./check";
export * from "./declaration";
export { nodeFiles } from "./files";
export { hostKeyFrom } from "./host-key";
export { loadMesh, meshPath } from "./load";
export type * from "./mesh";
export { ADMIN_PORTS, CONSUL_PORTS, type PortRange, SIDECAR_PORTS } from "./ports";
export { formatProblems } from "./problem";
