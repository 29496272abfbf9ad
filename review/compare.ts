/** The differences between two meshes, in the mesh's own words. Pure. */
import { layout, UNKNOWN_SHA256 } from "../model";
import { changedPlaces, without } from "./places";
import type { Rendered, Workload } from "./rendered";
import { ticks, word } from "./ticks";

export interface Changes {
  name: string;
  /** Markdown. */
  nodes: string[];
  added: { name: string; workload: Workload }[];
  removed: { name: string; workload: Workload }[];
  /** `what` is Markdown. */
  changed: { name: string; kind: Workload["kind"]; what: string[] }[];
  /** Instances by their names on the node that go on, but not with all of their processes. */
  restarts: { workload: string; node: string; units: string[]; outage: boolean; instances: number }[];
  /** Instances of which Consul hears something new, and nothing restarts. */
  reloads: { workload: string; node: string }[];
  /** Instances whose program is sent a signal to read its configuration files again. */
  signals: { workload: string; node: string; signal: string }[];
  agents: string[];
  routes: { opened: string[]; closed: string[] };
  /** "caller -> called". */
  edges: { opened: string[]; closed: string[]; narrowed: string[] };
  entries: { added: string[]; removed: string[]; changed: string[] };
  /** Services whose binary could be read on one side at most. */
  unknownBinaries: string[];
  files: { node: string; path: string; before: string; after: string }[];
}

export function compare(before: Rendered, after: Rendered): Changes {
  const unknownBinaries = Object.keys(after.workloads).filter((name) =>
    [before, after].some(({ workloads }) => workloads[name]?.binary === UNKNOWN_SHA256),
  );
  const [old, now] = [withoutBinaries(before, unknownBinaries), withoutBinaries(after, unknownBinaries)];
  const files = changedFiles(old, now);
  const changed = new Set(files.map(({ node, path }) => `${node}:${path}`));
  const common = Object.keys(now.workloads).filter((name) => old.workloads[name]);
  const named = (from: Rendered, other: Rendered) =>
    Object.entries(from.workloads)
      .filter(([name]) => !other.workloads[name])
      .map(([name, workload]) => ({ name, workload }));
  return {
    name: now.name,
    nodes: changedNodes(old, now),
    added: named(now, old),
    removed: named(old, now),
    changed: common
      .map((name) => ({
        name,
        kind: now.workloads[name]!.kind,
        what: changedSettings(old.workloads[name]!, now.workloads[name]!),
      }))
      .filter(({ what }) => what.length > 0),
    ...touched(old, now, changed),
    agents: files
      .filter(({ path, before }) => before !== "" && /\/consul\.(hcl|service)$/.test(path))
      .map(({ node }) => node)
      .filter((node, at, all) => all.indexOf(node) === at && now.files[node]),
    routes: { opened: without(now.routes, old.routes), closed: without(old.routes, now.routes) },
    edges: opened(old.edges, now.edges),
    entries: changedEntries(old.entries, now.entries),
    unknownBinaries,
    files,
  };
}

/** A binary that cannot be compared must not look like a change: the unit's text has its checksum. */
function withoutBinaries(mesh: Rendered, unknown: string[]): Rendered {
  const known = unknown.map((name) => mesh.workloads[name]?.binary).filter((sha) => sha && sha !== UNKNOWN_SHA256);
  if (known.length === 0) return mesh;
  let text = JSON.stringify(mesh);
  for (const sha of known) text = text.replaceAll(sha!, UNKNOWN_SHA256);
  return JSON.parse(text) as Rendered;
}

/**
 * By the rule of the transaction on the node (node/instance/live.go): a unit restarts when its file, or the
 * environment file of its service, is another one. A definition that changed is told to Consul, and restarts nothing.
 */
function touched(
  before: Rendered,
  after: Rendered,
  changed: Set<string>,
): Pick<Changes, "restarts" | "reloads" | "signals"> {
  const restarts: Changes["restarts"] = [];
  const signals: Changes["signals"] = [];
  const reloads: Changes["reloads"] = [];
  const places = ({ instances }: Rendered) => new Map(instances.map((one) => [`${one.name} ${one.node}`, one]));
  const [earlier, later] = [places(before), places(after)];
  for (const { workload, name, node, files } of after.instances) {
    const had = earlier.get(`${name} ${node}`)?.files;
    if (!had) continue;
    const all = new Set([...files, ...had.filter(layout.isConfigFile)]);
    const different = [...all].filter((path) => changed.has(`${node}:${path}`));
    const signal = after.workloads[workload]!.settings.reload as string | undefined;
    const restarting = different.filter((path) => signal === undefined || !layout.isConfigFile(path));
    const units = [...new Set(restarting.map(layout.unitReading).filter((unit) => unit !== undefined))].sort();
    const stay = [...earlier].filter(([place, one]) => one.workload === workload && later.has(place)).length;
    if (units.length > 0) restarts.push({ workload: name, node, units, outage: stay === 1, instances: stay });
    else if (restarting.length < different.length) signals.push({ workload: name, node, signal: signal! });
    else if (different.length > 0) reloads.push({ workload: name, node });
  }
  return { restarts, reloads, signals };
}

const words: Record<string, string> = {
  args: "arguments",
  health: "health check",
  listeners: "listeners",
};

function changedSettings(before: Workload, after: Workload): string[] {
  const settings = [...new Set([...Object.keys(before.settings), ...Object.keys(after.settings)])]
    .filter((name) => JSON.stringify(before.settings[name]) !== JSON.stringify(after.settings[name]))
    .map((name) => simple(words[name] ?? name, before.settings[name], after.settings[name]));
  const variables = [...new Set([...Object.keys(before.env), ...Object.keys(after.env)])]
    .filter((name) => before.env[name] !== after.env[name])
    .sort();
  return [
    ...changedPlaces(before, after),
    ...(before.binary !== after.binary ? [changedBinary(before, after)] : []),
    ...(variables.length > 0 ? [`environment (${ticks(variables.join(", "))})`] : []),
    ...settings,
  ];
}

function changedBinary({ content: before }: Workload, { content: after }: Workload): string {
  if (before === undefined && after === undefined) return "binary";
  return `files (${[before ?? "a binary", after ?? "a binary"].map(ticks).join(" → ")})`;
}

/** A number is shown. A text may hold a secret whatever its name is: only the files' diffs show one, veiled. */
function simple(name: string, before: unknown, after: unknown): string {
  const shown = typeof before === "number" && typeof after === "number";
  return shown ? `${word(name)} ${before} → ${after}` : name.split(" ").map(word).join(" ");
}

function changedNodes(before: Rendered, after: Rendered): string[] {
  const said = Object.entries(after.nodes).flatMap(([name, node]) => {
    const old = before.nodes[name];
    if (!old) return [`${ticks(name)} is new (${word(node.role)})`];
    if (node.retired && !old.retired) return [`${ticks(name)} is retired: it is emptied`];
    if (!node.retired && old.retired) return [`${ticks(name)} is taken back into the mesh`];
    if (node.role !== old.role) return [`${ticks(name)} becomes a ${word(node.role)}`];
    if (node.identity !== old.identity) return [`${ticks(name)} is another machine: everything is put on it again`];
    return [];
  });
  const gone = Object.entries(before.nodes)
    .filter(([name]) => !after.nodes[name])
    .map(([name, { retired }]) =>
      retired
        ? `${ticks(name)} leaves the declaration`
        : `${ticks(name)} leaves the declaration **without being retired first: what is on it stays there**`,
    );
  return [...said, ...gone];
}

function opened(before: Record<string, string>, after: Record<string, string>): Changes["edges"] {
  return {
    opened: without(Object.keys(after), Object.keys(before)),
    closed: without(Object.keys(before), Object.keys(after)),
    narrowed: Object.keys(after).filter((edge) => before[edge] !== undefined && before[edge] !== after[edge]),
  };
}

function changedEntries(before: Record<string, string>, after: Record<string, string>): Changes["entries"] {
  return {
    added: without(Object.keys(after), Object.keys(before)),
    removed: without(Object.keys(before), Object.keys(after)),
    changed: Object.keys(after).filter((key) => before[key] !== undefined && before[key] !== after[key]),
  };
}

function changedFiles(before: Rendered, after: Rendered): Changes["files"] {
  const nodes = [...new Set([...Object.keys(after.files), ...Object.keys(before.files)])].sort();
  return nodes.flatMap((node) => {
    const [old, now] = [before.files[node] ?? {}, after.files[node] ?? {}];
    return [...new Set([...Object.keys(now), ...Object.keys(old)])]
      .sort()
      .filter((path) => old[path] !== now[path])
      .map((path) => ({ node, path, before: old[path] ?? "", after: now[path] ?? "" }));
  });
}
