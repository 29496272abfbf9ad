/** Ids of the Terraform resources that more than one folder names. `layout.resources` and `layout.tokens` are these. */
import type { ConfigEntry } from "./config-entry/derived";
import type { Binary } from "./content";

type EntryName = Pick<ConfigEntry, "kind" | "name">;
const entryId = ({ kind, name }: EntryName): string => `${kind}_${name === "*" ? "any" : name}`;

/** Ids of Terraform resources. They are a contract: another id replaces the real thing. */
export const resources = {
  agent: (node: string) => `agent_${node}`,
  agentToken: (node: string) => `agent_token_${node}`,
  program: (node: string) => `program_${node}`,
  node: (node: string) => `node_${node}`,
  wipe: (node: string) => `wipe_${node}`,
  tokens: (node: string) => `tokens_${node}`,
  sweep: (node: string) => `sweep_${node}`,
  binary: (node: string, { sha256 }: Pick<Binary, "sha256">) => `binary_${node}_${sha256.slice(0, 12)}`,
  instance: (workload: string, node: string) => `instance_${workload}_${node}`,
  probe: (gateway: string, node: string) => `probe_${gateway}_${node}`,
  begun: (node: string) => `begun_${node}`,
  refreshed: (node: string) => `refreshed_${node}`,
  /** A config entry of its own, and one that replaces a hand-made one. */
  entry: entryId,
  takenEntry: (entry: EntryName) => `entry_${entryId(entry)}`,
  /** An ACL token, by its name among `tokens`. */
  token: (name: string) => `token_${name}`,
} as const;

/** Names of ACL tokens. */
export const tokens = {
  ofAgent: (node: string) => `agent_of_${node}`,
  ofInstance: (workload: string, node: string) => `${workload}_${node}`,
  handover: "handover",
  routes: "routes",
} as const;
