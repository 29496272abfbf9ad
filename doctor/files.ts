/** Files of a node against the declaration: content, owner, mode, and what is not declared. */
import type { Expected, ExpectedFile } from "./expected";
import { drift, type Finding, Layer } from "./finding";
import { shellWord } from "./printable";
import type { NodeReport } from "./report";

export function compareFiles(expected: Expected, report: NodeReport): Finding[] {
  const alike = report.others.length > 0 ? { ...expected, files: withOthers(expected.files, report) } : expected;
  return [...declaredFiles(alike, report), ...links(alike, report), ...undeclared(alike, report)];
}

const XDS_CA = "/opt/gatehouse/xds-ca.pem";

/** What is there once for all meshes of a node. */
const SHARED = [
  ...["/usr/local/bin/mesh", "/etc/systemd/system/gatehouse-drain.service", "/opt/gatehouse/node.env"],
  ...[XDS_CA, "/opt/gatehouse/node.json"],
];

/**
 * Another team's version of Gatehouse may have written what all share. Where another mesh's cluster stack set up the agent, Envoy
 * needs no other authority.
 */
function withOthers(files: ExpectedFile[], { tree }: NodeReport): ExpectedFile[] {
  return files
    .filter(({ path }) => path !== XDS_CA || tree.some((one) => one.path === path))
    .map((file) => (SHARED.includes(file.path) ? { ...file, sha256: [] } : file));
}

function declaredFiles({ node, files }: Expected, report: NodeReport): Finding[] {
  const found = new Map(report.files.map((file) => [file.path, file]));
  const seen = new Set<string>();
  return files.flatMap((file) => {
    const wrong = difference(file, found.get(file.path));
    if (!wrong || seen.has(file.path)) return []; // one binary may belong to several instances
    seen.add(file.path);
    const same = files.filter(({ path }) => path === file.path);
    const mends = unique(same.flatMap((one) => one.mends));
    const concerns = same.flatMap((one) => one.concerns);
    return [drift(Layer.Declared, `${node.name}: ${file.path}`, { ...wrong, mends, concerns })];
  });
}

function unique<T>(items: T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

type Difference = { expected: string; found: string } | undefined;

function difference(file: ExpectedFile, found: NodeReport["files"][number] | undefined): Difference {
  if (!found) return { expected: "the file", found: "nothing" };
  if (found.type !== "regular file") return { expected: "a file", found: `a ${found.type}` };
  if (file.sha256.length > 0 && !file.sha256.includes(found.sha256)) {
    const other = `other content (sha256 ${found.sha256.slice(0, 12)})`;
    return { expected: `sha256 ${file.sha256[0]?.slice(0, 12)}`, found: other };
  }
  const [want, is] = [`${file.owner ?? "root:root"} ${file.mode}`, `${found.owner} ${found.mode}`];
  return want === is ? undefined : { expected: `owner and mode ${want}`, found: is };
}

function links({ node, links }: Expected, { tree }: NodeReport): Finding[] {
  const targets = new Map(tree.map(({ path, target }) => [path, target]));
  return links.flatMap(({ path, target, mends, concerns }) => {
    const found = targets.get(path);
    if (found === target) return [];
    const what = { expected: `release ${target}`, found: found ? `release ${found}` : "nothing", mends, concerns };
    return [drift(Layer.Declared, `${node.name}: ${path}`, what)];
  });
}

const GATEHOUSE = "/opt/gatehouse";

/** What lies in Gatehouse's places and belongs to nothing that is declared here. */
function undeclared(expected: Expected, report: NodeReport): Finding[] {
  const { mesh, node, files, links, binaries, sweep } = expected;
  const shared = report.others.length > 0 ? SHARED : [];
  const needed = new Set([...binaries, ...report.needed]);
  const declared = [...files.map(({ path }) => path), ...links.map(({ path }) => path)];
  const own = shared.length > 0 || !node.retired ? ownPaths(mesh) : [];
  const known = new Set([...declared, ...shared].flatMap((path) => [path, ...foldersAbove(path)]));
  const foreign = report.tree
    .filter(({ path }) => !known.has(path) && !allowed(path.slice(GATEHOUSE.length + 1), needed, own))
    .map(({ path }) => path);
  const tops = foreign.filter((path) => !foldersAbove(path).some((folder) => foreign.includes(folder)));
  const left = report.written.filter((path) => !known.has(path) && !isAgents(path) && path !== KEPT_PORTS);
  return [...tops, ...left].map((path) =>
    drift(Layer.Declared, `${node.name}: ${path}`, {
      expected: "nothing",
      found: "it is there",
      ...(hasRecord(path, report)
        ? { mends: sweep }
        : { remedy: `on ${node.name}: rm ${shellWord(path)}${path.endsWith(".hcl") ? ", then: consul reload" : ""}` }),
    }),
  );
}

/**
 * The sweep removes a definition only where the instance's folder or a unit shows that the mesh put it there, and no token that
 * is not of an instance.
 */
function hasRecord(path: string, { tree, written }: NodeReport): boolean {
  const name = /^\/etc\/consul\.d\/(.*)\.hcl$/.exec(path)?.[1];
  if (name === undefined) return !path.startsWith(`${GATEHOUSE}/secrets/_`);
  const units = [`${name}.service`, `${name}-sidecar-proxy.service`].map((unit) => `/etc/systemd/system/${unit}`);
  return (
    tree.some((one) => one.path === `${GATEHOUSE}/instances/${name}`) || written.some((one) => units.includes(one))
  );
}

/** Gatehouse's own folders and its program, which `compareProgram` looks at. */
const ownPaths = (mesh: string): string[] => [
  ...["bin", "binaries", "env", "incoming", "incoming-secrets", "instances", "meshes", "secrets"],
  ...["bin/gatehouse-node", `bin/${mesh}`, `bin/${mesh}/gatehouse-node`],
  ...["secrets/_agent.token", `secrets/_agent.${mesh}.token`, `secrets/_taken.${mesh}.token`],
  ...[`incoming/${mesh}`, `incoming-secrets/${mesh}`],
  ...["prerequisites.sh", "deploy-user.sh"], // of user_data
];

/** Of an earlier version: it stays as long as the unit of a release to go back to calls it (node/setup/earlier.go). */
const EARLIER = /^(lib(\/[^/]+)?|node\.conf)$/;

/** Places that hold what comes and goes: releases to go back to, binaries on their way and those of old releases. */
function allowed(path: string, needed: Set<string>, own: string[]): boolean {
  if (own.length === 0) return false; // the node is to be empty
  if (own.includes(path) || EARLIER.test(path)) return true;
  const [folder, name = "", below = ""] = path.split("/");
  if (folder === "instances") return below !== ""; // the folder of an instance is its own
  return (
    (folder === "binaries" && needed.has(name)) || (folder === "incoming" && (needed.has(name) || needed.has(below)))
  );
}

/** It keeps the automatic ports of sidecars that were taken over from sidecars of others (node/instance/kept_ports.go). */
const KEPT_PORTS = "/etc/consul.d/00-gatehouse-ports.hcl";

/** The agent's own belong to it where Consul was there before. */
const isAgents = (path: string): boolean => /\/consul\.(service|hcl)$/.test(path);

function foldersAbove(path: string): string[] {
  const steps = path.split("/").slice(1, -1);
  return steps.map((_, index) => `/${steps.slice(0, index + 1).join("/")}`);
}
