/** Files of a node against the declaration: content, owner, mode, and what is not declared. */

import { shellWord } from "../findings";
import { layout } from "../model";
import type { NodeReport } from "../nodes";
import { drift, Layer, type Symptom } from "./causes";
import type { Expected, ExpectedFile } from "./expected";

export function compareFiles(expected: Expected, report: NodeReport): Symptom[] {
  const alike = report.others.length > 0 ? { ...expected, files: withOthers(expected.files, report) } : expected;
  return [
    ...declaredFiles(alike, report),
    ...unpacked(alike, report),
    ...links(alike, report),
    ...undeclared(alike, report),
  ];
}

const { meshCommand, drainUnit, fenceUnit, nodeEnv, xdsCa, nodeRecord } = layout.files;
/** Files that all meshes of a node share. */
const SHARED: string[] = [meshCommand, drainUnit, fenceUnit, nodeEnv, xdsCa, nodeRecord];

/**
 * Another team's version of Gatehouse may have written what all share. Where another mesh's cluster stack set up the agent, Envoy
 * needs no other authority.
 */
function withOthers(files: ExpectedFile[], { tree }: NodeReport): ExpectedFile[] {
  return files
    .filter(({ path }) => path !== xdsCa || tree.some((one) => one.path === path))
    .map((file) => (SHARED.includes(file.path) ? { ...file, sha256: [] } : file));
}

function declaredFiles({ node, files }: Expected, report: NodeReport): Symptom[] {
  const found = new Map(report.files.map((file) => [file.path, file]));
  const seen = new Set<string>();
  return files.flatMap((file) => {
    const wrong = difference(file, found.get(file.path));
    if (!wrong || seen.has(file.path)) return []; // one binary may belong to several instances
    seen.add(file.path);
    const same = files.filter(({ path }) => path === file.path);
    const fix = unique(same.flatMap((one) => one.fix));
    const concerns = same.flatMap((one) => one.concerns);
    return [drift(Layer.Declared, { on: node.name, what: file.path }, { ...wrong, fix, concerns })];
  });
}

/** The node compares the files of each archive with what was unpacked. */
function unpacked({ node, unpacked }: Expected, report: NodeReport): Symptom[] {
  const found = new Map(report.unpacked.map(({ sha256, whole }) => [sha256, whole]));
  const seen = new Set<string>();
  return unpacked.flatMap(({ path, sha256 }) => {
    if (found.get(sha256) || seen.has(sha256)) return []; // several instances may run it
    seen.add(sha256);
    const same = unpacked.filter((one) => one.sha256 === sha256);
    const what = {
      expected: `the files of ${sha256.slice(0, 12)} as they were unpacked`,
      found: found.has(sha256) ? "some are missing or others, or there are more" : "nothing",
      fix: unique(same.flatMap((one) => one.fix)),
      concerns: same.flatMap((one) => one.concerns),
    };
    return [drift(Layer.Declared, { on: node.name, what: path }, what)];
  });
}

function unique<T>(items: T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

type Difference = { expected: string; found: string } | undefined;

function difference(file: ExpectedFile, found: NodeReport["files"][number] | undefined): Difference {
  if (!found) return { expected: "the file", found: "nothing" };
  if (found.foreign) return undefined;
  if (found.type !== "regular file") return { expected: "a file", found: `a ${found.type}` };
  if (file.sha256.length > 0 && !file.sha256.includes(found.sha256)) {
    const other = `other content (sha256 ${found.sha256.slice(0, 12)})`;
    return { expected: `sha256 ${file.sha256[0]?.slice(0, 12)}`, found: other };
  }
  const [want, is] = [`${file.owner ?? "root:root"} ${file.mode}`, `${found.owner} ${found.mode}`];
  return want === is ? undefined : { expected: `owner and mode ${want}`, found: is };
}

function links({ node, links }: Expected, { tree }: NodeReport): Symptom[] {
  const targets = new Map(tree.map(({ path, target }) => [path, target]));
  return links.flatMap(({ path, target, fix, concerns }) => {
    const found = targets.get(path);
    if (found === target) return [];
    const what = { expected: `release ${target}`, found: found ? `release ${found}` : "nothing", fix, concerns };
    return [drift(Layer.Declared, { on: node.name, what: path }, what)];
  });
}

/** Files in Gatehouse's folders that belong to nothing that is declared here. */
function undeclared(expected: Expected, report: NodeReport): Symptom[] {
  const { mesh, node, files, links, binaries, sweep } = expected;
  const shared = report.others.length > 0 ? SHARED : [];
  const needed = new Set([...binaries, ...report.needed]);
  const declared = [...files.map(({ path }) => path), ...links.map(({ path }) => path)];
  const own = shared.length > 0 || !node.retired ? ownPaths(mesh) : [];
  const known = new Set([...declared, ...shared].flatMap((path) => [path, ...foldersAbove(path)]));
  const foreign = report.tree
    .filter(({ path }) => !known.has(path) && !allowed(path.slice(layout.folders.gatehouse.length + 1), needed, own))
    .map(({ path }) => path);
  const tops = foreign.filter((path) => !foldersAbove(path).some((folder) => foreign.includes(folder)));
  const left = report.written.filter((path) => !known.has(path) && !isAgents(path) && path !== layout.files.keptPorts);
  return [...tops, ...left].map((path) =>
    drift(
      Layer.Declared,
      { on: node.name, what: path },
      {
        expected: "nothing",
        found: "it is there",
        ...(hasRecord(path, report)
          ? { fix: sweep }
          : {
              remedy: `on ${node.name}: rm ${shellWord(path)}${path.endsWith(".hcl") ? ", then: consul reload" : ""}`,
            }),
      },
    ),
  );
}

/**
 * The sweep removes a definition only where the instance's folder or a unit shows that the mesh put it there, and no token that
 * is not of an instance.
 */
function hasRecord(path: string, { tree, written }: NodeReport): boolean {
  const name = layout.nameOfDefinition(path);
  if (name === undefined) return !path.startsWith(`${layout.folders.secrets}/_`);
  const units = layout.unitsOf("service", name).map(layout.unitFile);
  return tree.some((one) => one.path === layout.instanceFolder(name)) || written.some((one) => units.includes(one));
}

/** Gatehouse's own folders and its program, which `compareProgram` looks at. */
function ownPaths(mesh: string): string[] {
  const { folders, files, AGENT_TOKEN } = layout;
  const { gatehouse, bin, binaries, config, env, fences, incoming, incomingSecrets, instances, meshes, ran, secrets } =
    folders;
  const paths = [
    ...[bin, binaries, config, env, fences, incoming, incomingSecrets, instances, meshes, ran, secrets],
    ...[bin, incoming, incomingSecrets, ran].map((folder) => `${folder}/${mesh}`),
    ...[files.program, layout.programOf(mesh)],
    ...[layout.tokenFile(AGENT_TOKEN), layout.tokenFile(`${AGENT_TOKEN}.${mesh}`), layout.tokenFile(`_taken.${mesh}`)],
    ...[files.prerequisites, files.deployUser], // of user_data
  ];
  return paths.map((path) => path.slice(gatehouse.length + 1));
}

/** Files of an earlier version stay as long as the unit of a release to go back to calls them (node/setup/earlier.go). */
const EARLIER = /^(lib(\/[^/]+)?|node\.conf)$/;

/** Places that hold what comes and goes: releases to go back to, binaries on their way and those of old releases. */
function allowed(path: string, needed: Set<string>, own: string[]): boolean {
  if (own.length === 0) return false; // the node is to be empty
  if (own.includes(path) || EARLIER.test(path)) return true;
  const [folder, name = "", below = ""] = path.split("/");
  if (folder === "ran") return own.includes(`ran/${name}`);
  if (folder === "instances") return below !== ""; // the folder of an instance is its own
  return (
    (folder === "binaries" && needed.has(name)) || (folder === "incoming" && (needed.has(name) || needed.has(below)))
  );
}

/** The agent's own belong to it where Consul was there before. */
const isAgents = (path: string): boolean => /\/consul\.(service|hcl)$/.test(path);

function foldersAbove(path: string): string[] {
  const steps = path.split("/").slice(1, -1);
  return steps.map((_, index) => `/${steps.slice(0, index + 1).join("/")}`);
}
