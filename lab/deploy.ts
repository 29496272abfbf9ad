/** The preflight and `cdktf deploy`, as a person would run them. */
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Report } from "../toolchain";
import { output } from "../toolchain";
import { projectFolder, stateFolder } from "./places";

/** Everything that the last deploy printed. */
export const deployLog = join(stateFolder, "deploy.log");

const verbs: Record<string, string> = { Creation: "created", Modifications: "changed", Destruction: "removed" };

/** What of a line is news to a person who waits. Undefined when nothing is. */
export function news(line: string): string | undefined {
  const [, said] = /(?:^|\): )(gatehouse: .*|Apply complete! .*)$/.exec(line.trim()) ?? [];
  const [, stack, address = "", verb = ""] = /^(?:(\w+) +)?(\S+) \(.*\): (\w+) complete after/.exec(line.trim()) ?? [];
  if (said) return said;
  if (verb in verbs && !address.startsWith("local_file."))
    return [stack, address, verbs[verb]].filter(Boolean).join(" ");
  return /\bError: |stand-in providers|Apply complete!/.test(line) ? line.trim() : undefined;
}

/** Looks at the machines before a deploy. What it finds in the way is the error. */
export async function preflight(report: Report): Promise<void> {
  // A command, since this room knows nothing of that one.
  const { stdout } = await ownCommand(join("commands", "preflight.ts"));
  report(stdout.split("\n").at(-1) ?? "");
}

/** Makes what the mesh lacks of secrets. */
export async function secrets(report: Report): Promise<void> {
  const { stdout } = await ownCommand(join("commands", "secrets.ts"));
  report(stdout.split("\n").at(0) ?? "");
}

async function ownCommand(file: string) {
  const command = ["--import", "tsx", join(projectFolder, file)];
  const result = await output(process.execPath, command, {}, { cwd: projectFolder });
  if (result.exitCode !== 0) throw new Error(`${result.stdout}\n${result.stderr}`.trim());
  return result;
}

/** Deploys these stacks. A failure carries the end of what was printed. */
export async function deploy(stacks: string[], report: Report): Promise<void> {
  const tool = join(projectFolder, "commands", "with-providers.ts");
  const args = ["--import", "tsx", tool, "--", "cdktf", "deploy", ...stacks, "--auto-approve"];
  const lines: string[] = [];
  writeFileSync(deployLog, "");
  const onLine = (raw: string): void => {
    const line = stripVTControlCharacters(raw).trimEnd();
    if (line === "") return;
    appendFileSync(deployLog, `${line}\n`);
    lines.push(line);
    const said = news(line);
    if (said) report(said);
  };
  const env = { ...process.env, FORCE_COLOR: "0", CI: "1" };
  const { exitCode } = await output(process.execPath, args, { onLine }, { cwd: projectFolder, env });
  if (exitCode === 0) return;
  throw new Error(
    `cdktf deploy failed. All of its output is in ${deployLog}; its end:\n${lines.slice(-40).join("\n")}`,
  );
}
