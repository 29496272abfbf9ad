/** A first declaration of what people made, from the facts. Pure but for the files that the declaration names. */
import {
  type ConfigEntryDeclaration,
  checkMesh,
  type Files,
  type Mesh,
  type MeshDeclaration,
  type Problem,
  type TakeOverDeclaration,
} from "../model";
import { judgeEntries, unmarked } from "../preflight";
import { entriesOf } from "./entries";
import { type Found, isKnownKind, type Workload, workloadsOf } from "./found";
import { gatewayOf } from "./gateway";
import { intentionsOf } from "./intentions";
import { othersIn, withNamedOthers } from "./others";
import { type Remark, Remarks } from "./remarks";
import { serviceOf } from "./service";

export interface Wanted {
  /** The mesh's name. */
  mesh: string;
  /** Services and gateways that it takes over. */
  chosen: readonly string[];
  /** The text or the reference of a node's host key. */
  hostKey(node: string): string;
}

export interface Draft {
  declaration: MeshDeclaration;
  remarks: Remark[];
  /** Workloads that were not chosen, and those of a kind that Gatehouse does not have. */
  left: Workload[];
  /** Declared things that a deploy still lacks, such as a file. */
  missing: Problem[];
  /** Why the declaration is refused. Empty when it is not. */
  problems: Problem[];
}

export function draftOf(found: Found, wanted: Wanted, files: Files): Draft {
  const remarks = new Remarks();
  const workloads = workloadsOf(found);
  const taken = workloads.filter((one) => isKnownKind(one) && wanted.chosen.includes(one.name));
  const bare = bareMesh(found, wanted);
  const others = othersIn(
    found.consul,
    taken.map(({ name }) => name),
  );
  const whole = {
    ...bare,
    consul: { ...bare.consul, services: others },
    ...workloadsIn(found, taken, Object.keys(others), remarks),
  };
  const declaration = withNamedOthers(withEntries(whole, found, files, remarks), remarks);
  const checked = takingOver(declaration, found, files, remarks);
  const result = checkMesh(checked, { ...files, forReview: true });
  if ("mesh" in result) remarkEntries(result.mesh, found, remarks);
  return {
    declaration: checked,
    remarks: remarks.all,
    left: workloads.filter((one) => !taken.includes(one)),
    missing: "mesh" in result ? result.missing : [],
    problems: "mesh" in result ? [] : result.problems,
  };
}

/** Consul, ssh and nodes. */
function bareMesh({ consul, ssh, nodes }: Found, { mesh, hostKey }: Wanted): MeshDeclaration {
  const { datacenter, address, tls, acl, gossipEncryption } = consul;
  const seen = consul.members.filter(({ name }) => nodes.some((node) => node.name === name));
  return {
    name: mesh,
    consul: {
      datacenter,
      address,
      existing: true,
      ...(!acl && { acl }),
      ...(!tls && { tls }),
      ...(!gossipEncryption && { gossipEncryption }),
    },
    ssh,
    nodes: Object.fromEntries(
      seen.map(({ name, role, address: at }) => {
        const arch = nodes.find((node) => node.name === name)?.arch;
        return [name, { role, address: at, hostKey: hostKey(name), ...(arch === "arm64" && { arch }) }];
      }),
    ),
  };
}

function workloadsIn(
  found: Found,
  taken: Workload[],
  others: string[],
  remarks: Remarks,
): Pick<MeshDeclaration, "services" | "gateways"> {
  const { consul } = found;
  const callable = new Set([...taken.filter(({ kind }) => kind === "").map(({ name }) => name), ...others]);
  const services: NonNullable<MeshDeclaration["services"]> = {};
  for (const one of taken.filter(({ kind }) => kind === "")) {
    const service = serviceOf(one, consul, callable, remarks, copyCommand(found));
    if (service) services[one.name] = service;
    else callable.delete(one.name);
  }
  // A service that could not be declared is no upstream and no route either.
  const dropped = taken.filter(({ name, kind }) => kind === "" && !callable.has(name));
  for (const { name } of dropped)
    for (const [caller, { upstreams }] of Object.entries(services)) {
      if (!upstreams?.[name]) continue;
      delete upstreams[name];
      remarks.add("blocks", caller, `it calls ${name}, which could not be declared`);
    }
  const free = freeWorkers(found);
  const gateways: NonNullable<MeshDeclaration["gateways"]> = {};
  for (const one of taken.filter(({ kind }) => kind !== "")) {
    const gateway = gatewayOf(one, consul, callable, remarks, free);
    if (gateway) gateways[one.name] = gateway;
  }
  return {
    ...(Object.keys(services).length > 0 && { services }),
    ...(Object.keys(gateways).length > 0 && { gateways }),
  };
}

/** Workers, those without anything of people first. */
function freeWorkers({ consul, nodes }: Found): string[] {
  const workers = nodes.filter(({ name }) => consul.members.some((one) => one.name === name && one.role === "worker"));
  return [...workers].sort((a, b) => a.made.length - b.made.length).map(({ name }) => name);
}

const copyCommand =
  ({ consul, ssh }: Found) =>
  (node: string, path: string, to: string): string => {
    const address = consul.members.find(({ name }) => name === node)?.address ?? node;
    return `scp ${ssh.port ? `-P ${ssh.port} ` : ""}${ssh.user ?? "root"}@${address}:${path} ${to}`;
  };

/** With intentions and routing, as far as the declaration may have them. */
function withEntries(mesh: MeshDeclaration, found: Found, files: Files, remarks: Remarks): MeshDeclaration {
  const { entries } = found.consul;
  const services = Object.keys(mesh.services ?? {});
  const { gateways = {}, consul } = mesh;
  const declared = new Set([...services, ...Object.keys(gateways), ...Object.keys(consul.services ?? {})]);
  const intentions = intentionsOf(entries, services, declared, derivedIn(mesh), remarks);
  const routing = entriesOf(entries, services);
  const whole = { ...mesh, ...(intentions.length > 0 && { intentions }) };
  const sound = soundEntries(whole, routing, files);
  for (const { kind, name } of routing.filter((entry) => !sound.includes(entry)))
    remarks.add("foreign", name, `its ${kind} stays as it is in Consul: a declaration cannot have it`);
  return { ...whole, ...(sound.length > 0 && { configEntries: sound }) };
}

/** Without the entries that the checks refuse, for example since one leads to a service that is not declared. */
function soundEntries(
  mesh: MeshDeclaration,
  entries: ConfigEntryDeclaration[],
  files: Files,
): ConfigEntryDeclaration[] {
  const checked = checkMesh({ ...mesh, configEntries: entries }, { ...files, forReview: true });
  if (!("problems" in checked)) return entries;
  const refused = new Set(checked.problems.map(({ path }) => /^configEntries\[(\d+)\]/.exec(path)?.[1]));
  const sound = entries.filter((_, at) => !refused.has(String(at)));
  return sound.length === entries.length ? entries : soundEntries(mesh, sound, files);
}

/** Whether an edge of the declaration allows a call already. */
const derivedIn =
  ({ services = {}, gateways = {} }: MeshDeclaration) =>
  (source: string, destination: string): boolean => {
    const routes = gateways[source]?.listeners.flatMap((listener) => listener.services.map(({ name }) => name)) ?? [];
    return routes.includes(destination) || services[source]?.upstreams?.[destination] !== undefined;
  };

/** With the names of what nothing blocks, and of the entries in Consul that belong to it. */
function takingOver(mesh: MeshDeclaration, { consul }: Found, files: Files, remarks: Remarks): MeshDeclaration {
  const free = (names: string[]) => names.filter((name) => !remarks.blocked(name));
  const services = free(Object.keys(mesh.services ?? {}));
  const gateways = free(Object.keys(mesh.gateways ?? {}));
  const checked = checkMesh(mesh, { ...files, forReview: true });
  const entries = "mesh" in checked ? unmarked(checked.mesh, consul.entries) : [];
  const configEntries = entries.filter((entry) => {
    const name = entry.slice(entry.indexOf("/") + 1);
    return services.includes(name) || gateways.includes(name);
  });
  const takeOver: TakeOverDeclaration = {
    ...(services.length > 0 && { services }),
    ...(gateways.length > 0 && { gateways }),
    ...(configEntries.length > 0 && { configEntries }),
  };
  return Object.keys(takeOver).length > 0 ? { ...mesh, takeOver } : mesh;
}

/** The preflight's own words about entries in Consul that a deploy writes over; those of what is blocked are left alone. */
function remarkEntries(mesh: Mesh, { consul }: Found, remarks: Remarks): void {
  for (const { severity, where, found } of judgeEntries(mesh, { present: consul.entries, written: new Map() })) {
    const name = where.what.slice(where.what.indexOf("/") + 1);
    if (severity === "note") remarks.add("changes", where.what, found);
    else if (!remarks.blocked(name)) remarks.add("blocks", where.what, found);
  }
}
