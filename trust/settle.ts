/** Asks hosts for their keys, and settles with a person which of them are believed. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { printable } from "../findings";
import { mapLimit } from "../nodes";
import { output } from "../toolchain";
import { confirmed, type Expected } from "./answers";
import { fileFor, fingerprint, type Host, judge, keysIn, type Verdict } from "./judge";

/** Nodes asked at a time, and seconds that each has to answer. */
const WIDTH = 16;
const TIMEOUT = 5;

/** The verdict on each host's key. */
export const askHosts = (hosts: Host[]): Promise<Verdict[]> => mapLimit(hosts, WIDTH, look);

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

/** Says one verdict, and writes down a key that a person believes. The exit code that it stands for. */
export async function settle(mesh: string, verdict: Verdict, expected: Expected): Promise<0 | 1 | 2> {
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
