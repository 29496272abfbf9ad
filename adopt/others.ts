/** Services that others run, as far as what is taken over has to do with them. */
import type { MeshDeclaration, OtherServiceDeclaration } from "../model";
import type { FoundConsul } from "./found";
import { Remarks } from "./remarks";
import { protocolOf } from "./service";

/** Every service of the catalogue that is not one of these: taking over a caller of it leaves it where it is. */
export function othersIn(
  { registrations, entries }: FoundConsul,
  taken: readonly string[],
): Record<string, OtherServiceDeclaration> {
  const all = Object.values(registrations).flatMap((on) =>
    on.filter(({ Kind }) => !Kind).map(({ Service }) => Service),
  );
  const names = [...new Set(all)].filter((name) => name !== "consul" && !taken.includes(name)).sort();
  // A protocol that Gatehouse does not know matters to those alone who call it: Consul refuses such a call itself.
  return Object.fromEntries(names.map((name) => [name, { protocol: protocolOf(name, entries, new Remarks()) }]));
}

/** The declaration with those of `consul.services` alone that something in it names. */
export function withNamedOthers(mesh: MeshDeclaration, remarks: Remarks): MeshDeclaration {
  const { services: others = {}, ...consul } = mesh.consul;
  const names = namesIn(mesh);
  const named = Object.entries(others).filter(([name]) => names.has(name));
  for (const [name] of named)
    remarks.add("foreign", name, "what is declared names it, so it is in consul.services: others go on running it");
  const kept = named.length > 0 && { services: Object.fromEntries(named) };
  return { ...mesh, consul: { ...consul, ...kept } as MeshDeclaration["consul"] };
}

/** Every name that services, gateways, intentions and routing of the declaration have in them. */
function namesIn({ services = {}, gateways = {}, intentions = [], configEntries = [] }: MeshDeclaration): Set<string> {
  return new Set([
    ...Object.values(services).flatMap(({ upstreams = {} }) => Object.keys(upstreams)),
    ...Object.values(gateways).flatMap(({ listeners }) =>
      listeners.flatMap((one) => one.services.map(({ name }) => name)),
    ),
    ...intentions.map(({ source }) => source),
    ...textsOf(configEntries),
  ]);
}

const textsOf = (value: unknown): string[] =>
  typeof value === "string" ? [value] : value && typeof value === "object" ? Object.values(value).flatMap(textsOf) : [];
