/** The door of this folder: everything that a mesh file and the other folders use. */
export type { AgentDeclaration, AgentLimitsDeclaration, LogLevel, TelemetryDeclaration } from "./agent";
export type { AgentSetting } from "./agent-setting";
export { checkMesh } from "./check";
export { formatProblems, type Problem } from "./checking/problem";
export type { ConfigEntryDeclaration, OtherConfigEntryDeclaration } from "./config-entry/declared";
export type { ConfigEntry } from "./config-entry/derived";
export type { HeaderModifiersDeclaration } from "./config-entry/fields";
export type { OtherConfigEntryKind } from "./config-entry/kinds";
export type { LoadBalancerDeclaration } from "./config-entry/load-balancer";
export { MARK } from "./config-entry/mark";
export { below, pascalCase, toConsul } from "./config-entry/pascal-case";
export type {
  FailoverDeclaration,
  ServiceResolverDeclaration,
  TargetDeclaration,
} from "./config-entry/resolver";
export type { RouteMatchDeclaration } from "./config-entry/route-match";
export type { RouteDeclaration, RouteDestinationDeclaration, ServiceRouterDeclaration } from "./config-entry/router";
export { ROUTING_KINDS, type RoutingDeclaration } from "./config-entry/routing";
export type { ServiceSplitterDeclaration, SplitDeclaration } from "./config-entry/splitter";
export type { ConfigFileDeclaration } from "./config-file";
export type { Consul, ConsulDeclaration, OwnedEntry } from "./consul";
export type { ArchiveFormat, Binary } from "./content";
export { type Directive, weakening } from "./directives";
export { type Files, nodeFiles, UNKNOWN_SHA256 } from "./files";
export { FolderFault, packing } from "./folder";
export { unicodeFault } from "./formats/unicode";
export { sandboxPathFault, unitUserFault, workingDirectoryFault } from "./formats/unit";
export type { Gateway, GatewayDeclaration } from "./gateway";
export type { Duration, Health, HealthDeclaration, JobHealthDeclaration } from "./health";
export { ASKED_FOR, hostKeyFault, hostKeyFrom, missingKeyFile, UNKNOWN_HOST_KEY, withoutComment } from "./host-key";
export type { Instance } from "./instance";
export type { IntentionDeclaration } from "./intention";
export * as layout from "./layout";
export type { CpuShare, Limits, Memory } from "./limits";
export type { ListenerDeclaration, ListenerServiceDeclaration, ListenerTlsDeclaration } from "./listener";
export { LAB_MESH, loadDeclaration, loadMesh, meshPath } from "./load";
export { defineMesh, type Mesh, type MeshDeclaration } from "./mesh";
export { LONGEST_NAME } from "./name";
export type { Arch, MeshNode, NodeDeclaration } from "./node";
export type { OtherServiceDeclaration } from "./other-service";
export type { HeaderPermissionDeclaration, HttpPermissionDeclaration, PermissionDeclaration } from "./permission";
export { type Labels, type LabelsDeclaration, labelsOf, nodeOf, type PlacementDeclaration } from "./placement";
export { CONSUL_PORTS, type PortRange, type PortRanges, type PortsDeclaration, portRanges } from "./ports";
export {
  hasOwnUnit,
  ownUnitsOf,
  processUnitOf,
  type SameProcessDeclaration,
  type UnitOfOthersDeclaration,
} from "./process";
export type { ProgramDeclaration } from "./program";
export { type RunDeclaration, type SecretDeclaration, secretNames } from "./run";
export { hasEnvoy, type Protocol, type Service, type ServiceDeclaration, type UpstreamDeclaration } from "./service";
export { instanceCount } from "./several";
export type { BastionDeclaration, NodeSsh, SshDeclaration } from "./ssh";
export type { TakeOver, TakeOverDeclaration } from "./take-over";
export type {
  CallLimitsDeclaration,
  ConnectTimeoutDeclaration,
  PassiveHealthCheckDeclaration,
  ServiceLimitsDeclaration,
  TimeoutsDeclaration,
  UpstreamTrafficDeclaration,
} from "./traffic";
export type { UnitDeclaration, UnitLimitsDeclaration, UnitSettings } from "./unit";
