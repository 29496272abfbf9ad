/** How a person, or a program in a person's stead, says that a host key is the right one. */
import { createInterface } from "node:readline/promises";
import { fingerprint, type Host, kindOf } from "./judge";

/** Fingerprints from the command line. */
export interface Expected {
  /** Fingerprints by host. */
  keys: Map<string, string>;
  /** The same, for hosts whose key is known to have changed. */
  changed: Map<string, string>;
}

/**
 * `NAME=SHA256:...` and `--changed NAME=SHA256:...`.
 * @throws when an argument is none of these, or names no host
 */
export function expectedFrom(args: string[], hosts: Host[]): Expected {
  const expected: Expected = { keys: new Map(), changed: new Map() };
  let into = expected.keys;
  for (const arg of args) {
    if (arg === "--changed") {
      into = expected.changed;
      continue;
    }
    const [, name = "", print = ""] = /^([^=]+)=(SHA256:[A-Za-z0-9+/]{43})$/.exec(arg) ?? [];
    if (!print) throw new Error(`"${arg}" is not NAME=SHA256:<fingerprint>; ssh-keygen -lf shows fingerprints.`);
    if (!hosts.some((host) => host.name === name)) {
      throw new Error(`There is no host "${name}"; there are ${hosts.map((host) => host.name).join(", ")}.`);
    }
    into.set(name, print);
    into = expected.keys;
  }
  return expected;
}

/** Whether the key that a host shows is to be believed. Tells why not. */
export async function confirmed(
  host: Host,
  state: "new" | "changed",
  shown: string,
  expected: Expected,
): Promise<true | string> {
  const given = (state === "new" ? expected.keys : expected.changed).get(host.name);
  if (given !== undefined) return given === fingerprint(shown) || `it was to be ${given}`;
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    const option = `${state === "changed" ? "--changed " : ""}${host.name}=SHA256:...`;
    return `there is no terminal to confirm it on; give its fingerprint: npx gatehouse trust ${option}`;
  }
  return ask(host, state, shown);
}

async function ask({ name, address }: Host, state: "new" | "changed", shown: string): Promise<true | string> {
  console.log(`  compare with what ${name} says on its own console:`);
  console.log(`    ssh-keygen -lf /etc/ssh/ssh_host_${kindOf(shown)}_key.pub`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    if (state === "new") {
      const answer = await terminal.question(`  Is this the key of ${name} (${address})? [y/N] `);
      return /^y(es)?$/i.test(answer.trim()) || "you did not confirm it";
    }
    const answer = await terminal.question(`  Only if you know why it changed: type ${name} to believe the new key: `);
    return answer.trim() === name || "you did not confirm it";
  } finally {
    terminal.close();
  }
}
