/** `gatehouse secrets` and `gatehouse deploy`, as a person would run them. */
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Report } from "../toolchain";
import { output } from "../toolchain";
import { projectFolder, stateFolder } from "./places";

/** Everything that the last deploy printed. */
export const deployLog = join(stateFolder, "deploy.log");

const verbs: Record<string, string> = { Creation: "created", Modifications: "changed", Destruction: "removed" };

/** The part of an output line worth showing during a deploy. Undefined when there is none. */
export function news(line: string): string | undefined {
  const [, said] = /(?:^|\): )(gatehouse: .*|Apply complete! .*)$/.exec(line.trim()) ?? [];
  const [, address = "", verb = ""] = /^(\S+): (\w+) complete after/.exec(line.trim()) ?? [];
  if (said) return said;
  if (verb in verbs && !address.startsWith("local_file.")) return `${address} ${verbs[verb]}`;
  return /\bError: |stand-in providers|Apply complete!/.test(line) ? line.trim() : undefined;
}

/** Makes what the mesh lacks of secrets. */
export async function secrets(report: Report): Promise<void> {
  const { exitCode, stdout, stderr } = await gatehouse(["secrets"]);
  if (exitCode !== 0) throw new Error(`${stdout}\n${stderr}`.trim());
  report(stdout.split("\n").at(0) ?? "");
}

/** Deploys. A failure carries the end of what was printed. */
export async function deploy(report: Report): Promise<void> {
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
  const { exitCode } = await gatehouse(["deploy", "--auto-approve"], onLine);
  if (exitCode === 0) return;
  throw new Error(`The deploy failed. All of its output is in ${deployLog}; its end:\n${lines.slice(-40).join("\n")}`);
}

/** A process of its own, since this folder knows nothing of the commands. */
function gatehouse(args: string[], onLine?: (line: string) => void) {
  const command = [join(projectFolder, "bin", "gatehouse.js"), ...args];
  const env = { GATEHOUSE_PROVIDERS: "stand-ins", ...process.env, FORCE_COLOR: "0", CI: "1" };
  return output(process.execPath, command, { onLine }, { cwd: projectFolder, env });
}
