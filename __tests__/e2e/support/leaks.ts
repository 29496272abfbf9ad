/** Looking for secrets where none may be: on the machine that deploys, and on the machines of the lab. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { ssh } from "../../../lab";
import { output } from "../../../toolchain";

/** Texts that give a secret away wherever they turn up, by what they are. */
export type Markers = Record<string, string>;

/** The names of the markers that are in a text. */
export function markersIn(text: string, markers: Markers): string[] {
  return Object.entries(markers).flatMap(([name, marker]) => (text.includes(marker) ? [name] : []));
}

/** Every command line that was seen while `work` ran. */
export async function commandLinesDuring<T>(work: () => Promise<T>): Promise<{ result: T; commands: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-argv-"));
  const file = join(folder, "seen");
  const args = ["--import", "tsx", join(__dirname, "argv-watch.ts"), file];
  const watch = spawn(process.execPath, args, { stdio: ["pipe", "inherit", "inherit"] });
  const ended = new Promise((done) => watch.once("close", done));
  try {
    const result = await work();
    watch.stdin.end();
    await ended;
    return { result, commands: JSON.parse(readFileSync(file, "utf8")) };
  } finally {
    watch.stdin.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

const PLACES = "/boot /dev/shm /etc /home /opt /root /run /srv /tmp /usr/local /var";
const UNPRIVILEGED = "setpriv --reuid=65534 --regid=65534 --clear-groups";

/** Files of a machine in which one of the markers is: those that everybody can read, or all. */
export async function filesWith(machine: string, markers: Markers, as: "nobody" | "root"): Promise<string[]> {
  const grep = `${as === "nobody" ? UNPRIVILEGED : ""} grep -rlasF -D skip -f - ${PLACES}`;
  return lines(await onMachine(machine, `printf "%s\\n" "$markers" | ${grep} | sort || true`, markers));
}

/** Lines of a machine's journal, kernel included, in which one of the markers is. */
export async function journalWith(machine: string, markers: Markers): Promise<string[]> {
  const grep = 'grep -aF -f <(printf "%s\\n" "$markers")';
  return lines(await onMachine(machine, `journalctl --no-pager -o export | ${grep} || true`, markers));
}

/** The markers come by standard input into the shell's variable `markers`. */
async function onMachine(machine: string, command: string, markers: Markers): Promise<string> {
  const { stdout, stderr, exitCode } = await ssh(machine, `bash -c 'markers=$(cat); ${command}'`, patterns(markers));
  if (exitCode !== 0) throw new Error(`on ${machine}: ${command}: exit ${exitCode}\n${stderr}`);
  return stdout;
}

const patterns = (markers: Markers): string => `${Object.values(markers).join("\n")}\n`;
const lines = (text: string): string[] => text.split("\n").filter(Boolean);

/** Files below these places of this machine in which one of the markers is, whoever may read them. */
export async function ownFilesWith(markers: Markers, places: string[], as: "nobody" | "root"): Promise<string[]> {
  const [file = "", ...args] = [
    ...(as === "nobody" ? UNPRIVILEGED.split(" ") : []),
    ...["grep", "-rlasF", "-D", "skip", "--exclude-dir=node_modules", "--exclude-dir=.git", "-f", "-", ...places],
  ];
  const { stdout } = await output(file, args, { input: patterns(markers) });
  return lines(stdout).sort();
}

/** The files in a zip archive, which is what Terraform's plans are. */
export function unzip(archive: Buffer): Record<string, string> {
  const end = archive.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  const count = archive.readUInt16LE(end + 10);
  const files: Record<string, string> = {};
  for (let at = archive.readUInt32LE(end + 16), index = 0; index < count; index++) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => archive.readUInt16LE(at + field));
    const name = archive.toString("utf8", at + 46, at + 46 + nameLength!);
    const [method, size, local] = [
      archive.readUInt16LE(at + 10),
      archive.readUInt32LE(at + 20),
      archive.readUInt32LE(at + 42),
    ];
    const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const data = archive.subarray(from, from + size);
    files[name] = (method === 0 ? data : inflateRawSync(data)).toString("latin1");
    at += 46 + nameLength! + extraLength! + commentLength!;
  }
  return files;
}
