/** Files of a machine against the declaration: content, owner, mode, and what nobody declared. */
import type { Expected, ExpectedFile } from "./expected";
import { drift, type Finding, Layer } from "./finding";
import type { MachineReport } from "./report";

export function compareFiles(expected: Expected, report: MachineReport): Finding[] {
  return [...declaredFiles(expected, report), ...links(expected, report), ...undeclared(expected, report)];
}

function declaredFiles({ node, files }: Expected, report: MachineReport): Finding[] {
  const found = new Map(report.files.map((file) => [file.path, file]));
  const sums = new Map(report.sums.map(({ path, sha256 }) => [path, sha256]));
  const seen = new Set<string>();
  return files.flatMap((file) => {
    const wrong = difference(file, found.get(file.path), sums.get(file.path));
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

function difference(file: ExpectedFile, found: MachineReport["files"][number] | undefined, sum = ""): Difference {
  if (!found) return { expected: "the file", found: "nothing" };
  if (!found.type.startsWith("regular")) return { expected: "a file", found: `a ${found.type}` };
  if (file.sha256.length > 0 && !file.sha256.includes(sum)) {
    return { expected: `sha256 ${file.sha256[0]?.slice(0, 12)}`, found: `other content (sha256 ${sum.slice(0, 12)})` };
  }
  const [want, is] = [`${file.owner ?? "root:root"} ${file.mode}`, `${found.owner} ${found.mode}`];
  return want === is ? undefined : { expected: `owner and mode ${want}`, found: is };
}

function links({ node, links }: Expected, { tree }: MachineReport): Finding[] {
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
function undeclared({ node, files, links, binaries, sweep }: Expected, report: MachineReport): Finding[] {
  const needed = new Set([...binaries, ...report.needed.map(({ sha256 }) => sha256)]);
  const declared = [...files.map(({ path }) => path), ...links.map(({ path }) => path)];
  const known = new Set(declared.flatMap((path) => [path, ...foldersAbove(path)]));
  const foreign = report.tree
    .filter(({ path }) => !known.has(path) && !allowed(path.slice(GATEHOUSE.length + 1), needed, node.retired))
    .map(({ path }) => path);
  const tops = foreign.filter((path) => !foldersAbove(path).some((folder) => foreign.includes(folder)));
  const left = report.written.map(({ path }) => path).filter((path) => !known.has(path) && !isAgents(path));
  return [...tops, ...left].map((path) =>
    drift(Layer.Declared, `${node.name}: ${path}`, { expected: "nothing", found: "it is there", mends: sweep }),
  );
}

/** Places that hold what comes and goes: releases to go back to, binaries on their way and those of old releases. */
function allowed(path: string, needed: Set<string>, retired: boolean): boolean {
  if (retired) return false;
  if (["incoming", "incoming-secrets", "secrets", "binaries", "env", "instances", "lib"].includes(path)) return true;
  if (/^secrets\/_(agent|handover)\.token$/.test(path)) return true;
  // The program on the node, and what units of an earlier version still call.
  if (/^(bin(\/gatehouse-node)?|lib\/[^/]+|node\.conf)$/.test(path)) return true;
  const [folder, name = "", below] = path.split("/");
  if (folder === "instances") return below !== undefined; // the folder of an instance is its own
  return (folder === "binaries" || folder === "incoming") && needed.has(name);
}

/** The agent's own belong to it where Consul was there before. */
const isAgents = (path: string): boolean => /\/consul\.(service|hcl)$/.test(path);

function foldersAbove(path: string): string[] {
  const steps = path.split("/").slice(1, -1);
  return steps.map((_, index) => `/${steps.slice(0, index + 1).join("/")}`);
}
