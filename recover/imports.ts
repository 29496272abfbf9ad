/** Which of the things that Consul has belong to which resource of a stack, when its state is lost. Pure. */

import { type LiveEntry, meshOf } from "../nodes";

/** A stack as it is synthesized, as far as Consul keeps its resources. */
export interface SynthesizedStack {
  resource?: {
    consul_acl_token?: Record<string, { description: string }>;
    consul_acl_policy?: Record<string, { name: string }>;
    consul_config_entry?: Record<string, { kind: string; name: string }>;
  } & Record<string, Record<string, object>>;
}

/** Tokens, policies and config entries as Consul has them. */
export interface InConsul {
  tokens: { AccessorID: string; Description: string; CreateIndex: number }[];
  policies: { ID: string; Name: string; Description: string }[];
  entries: LiveEntry[];
}

/** The file of imports in a stack's folder, next to cdk.tf.json. The next synth removes it. */
export const IMPORTS = "gatehouse-import.tf.json";

/** Terraform's `import` block. */
export interface Import {
  to: string;
  id: string;
}

/** A state as `terraform state pull` prints it, as far as it matters here. */
export interface PulledState {
  resources: { mode?: string; type: string; name: string; instances: { attributes: { id?: string } }[] }[];
}

/** Addresses of the stack's resources that the state does not have. */
export function lostFrom({ resource = {} }: SynthesizedStack, state: PulledState | undefined): string[] {
  const there = new Set(state?.resources.filter(isManaged).map(({ type, name }) => `${type}.${name}`));
  return Object.entries(resource)
    .flatMap(([type, byName]) => Object.keys(byName).map((name) => `${type}.${name}`))
    .filter((address) => !there.has(address));
}

/**
 * The imports for resources of the mesh that are not in the state. The deploy makes those that Consul does not have either,
 * and Consul refuses a policy under a name that another owner has.
 */
export function importsFor(
  mesh: string,
  { resource = {} }: SynthesizedStack,
  lost: string[],
  consul: InConsul,
): Import[] {
  const imports = [
    ...named("consul_acl_token", resource.consul_acl_token, ({ description }) => tokenOf(consul, description)),
    ...named(
      "consul_acl_policy",
      resource.consul_acl_policy,
      ({ name }) => consul.policies.find((policy) => policy.Name === name && isOf(mesh, policy))?.ID,
    ),
    ...named("consul_config_entry", resource.consul_config_entry, ({ kind, name }) =>
      consul.entries.some((entry) => entry.Kind === kind && entry.Name === name && (meshOf(entry) ?? mesh) === mesh)
        ? `${kind}/${name}`
        : undefined,
    ),
  ];
  return imports.filter(({ to }) => lost.includes(to));
}

/** The last token that was made with this description: it is the one that was brought to the node. */
function tokenOf({ tokens }: InConsul, description: string): string | undefined {
  const ours = tokens.filter(({ Description }) => Description === description);
  return ours.sort((a, b) => b.CreateIndex - a.CreateIndex)[0]?.AccessorID;
}

function named<Resource>(
  type: string,
  resources: Record<string, Resource> = {},
  idOf: (resource: Resource) => string | undefined,
): Import[] {
  return Object.entries(resources).flatMap(([name, resource]) => {
    const id = idOf(resource);
    return id === undefined ? [] : [{ to: `${type}.${name}`, id }];
  });
}

/** Tokens and policies of this mesh that no state has: an earlier state made them, and no instance uses them. */
export function leftOver(mesh: string, states: PulledState[], consul: InConsul): Pick<InConsul, "tokens" | "policies"> {
  const kept = new Set(
    states.flatMap(({ resources }) =>
      resources.filter(isManaged).flatMap(({ instances }) => instances.map(({ attributes }) => attributes.id)),
    ),
  );
  return {
    tokens: consul.tokens.filter((token) => isOf(mesh, token) && !kept.has(token.AccessorID)),
    policies: consul.policies.filter((policy) => isOf(mesh, policy) && !kept.has(policy.ID)),
  };
}

/** Whether a token or a policy bears the mark of this mesh. */
const isOf = (mesh: string, { Description }: { Description: string }): boolean =>
  Description.startsWith(`Gatehouse, mesh ${mesh}: `);

const isManaged = ({ mode }: { mode?: string }) => mode !== "data";
