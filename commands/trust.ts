/**
 * `gatehouse trust`: asks every node for its host key, shows the fingerprints for a person to confirm, and writes what was
 * confirmed to the files that the declaration reads with `hostKeyFrom`.
 */

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { printable } from "../findings";
import { checkMesh, formatProblems, loadDeclaration, type MeshDeclaration, meshPath, nodeFiles } from "../model";
import { mapLimit } from "../nodes";
import { output } from "../toolchain";
import {
  confirmed,
  type Expected,
  expectedFrom,
  fileFor,
  fingerprint,
  type Host,
  hostsOf,
  judge,
  keysIn,
  type Verdict,
} from "../trust";
import type { Call } from "./gatehouse";

/** Nodes asked at a time, and seconds that each has to answer. */
const WIDTH = 16;
const TIMEOUT = 5;

/** Without host keys, and perhaps before its binaries are built. */
async function soundDeclaration(): Promise<MeshDeclaration> {
  const path = meshPath();
  const loaded = await loadDeclaration(path);
  if ("problems" in loaded) throw new Error(formatProblems(loaded.problems, path));
  const checked = checkMesh(loaded.declaration, nodeFiles());
  const problems = "problems" in checked ? checked.problems : [];
  const inTheWay = problems.filter(
    (problem) => /^(|name|(ssh|nodes)\b.*)$/.test(problem.path) && !/(hostKey|privateKeyFile)$/.test(problem.path),
  );
  if (inTheWay.length > 0) throw new Error(formatProblems(inTheWay, path));
  return loaded.declaration as MeshDeclaration;
}

async function look(host: Host): Promise<Verdict> {
  const { address, port, hidden } = host;
  if (hidden) {
    const scan = `ssh-keyscan -p ${port} ${address}`;
    return judge(host, [], `it is behind a bastion: run ${scan} there, and write the key into ${host.field}`);
  }
  const args = ["-T", String(TIMEOUT), "-p", String(port), "-t", "ecdsa,rsa,ed25519", "--", address];
  const { stdout, stderr } = await output("ssh-keyscan", args);
  const words = stderr.split("\n").filter((line) => !line.startsWith("#"));
  return judge(host, keysIn(stdout), words.at(-1) || undefined);
}

function write(file: string, key: string, name: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${key} ${name}\n`, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}

/** Tells one verdict and does what follows. The exit code that it stands for. */
async function settle(mesh: string, verdict: Verdict, expected: Expected): Promise<0 | 1 | 2> {
  const { host, state } = verdict;
  if (state === "silent") {
    console.log(`${host.name} (${host.address} port ${host.port}): no host key: ${printable(verdict.why)}`);
    return 2;
  }
  const { shown } = verdict;
  if (state === "known") {
    console.log(`${host.name}: known  ${fingerprint(shown)}`);
    return 0;
  }
  if (state === "changed") {
    console.log(`${host.name}: CHANGED. It was set up again, or something else answers at ${host.address}.`);
    console.log(`  declared  ${describe(verdict.declared ?? "")}`);
    console.log(`  shown     ${describe(shown)}`);
  } else {
    const also = verdict.declared ? ", for which Terraform asks before the declared one" : "";
    console.log(`${host.name}: new${also}  ${describe(shown)}`);
  }
  const answer = await confirmed(host, state, shown, expected);
  if (answer !== true) {
    console.log(`  not believed: ${answer}`);
    return 1;
  }
  const file = fileFor(mesh, host);
  write(file, shown, host.name);
  console.log(
    `  believed, and written to ${file}. In the declaration: ${host.field}: hostKeyFrom(${JSON.stringify(file)})`,
  );
  return 0;
}

const describe = (key: string): string => `${key.split(" ")[0]} ${fingerprint(key)}`;

export async function run({ own }: Call): Promise<number> {
  const declaration = await soundDeclaration();
  const hosts = hostsOf(declaration);
  const expected = expectedFrom(own, hosts);
  const verdicts = await mapLimit(hosts, WIDTH, look);
  let worst = 0;
  for (const verdict of verdicts) worst = Math.max(worst, await settle(declaration.name, verdict, expected));
  return worst;
}
