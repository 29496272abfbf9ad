/** What a service runs and how its health is checked. */
import type { HealthDeclaration, RunDeclaration } from "../declaration";
import type { Path, Problems } from "../problem";
import { hasBroken, isBroken, type Sound, type View } from "../view";
import { checkFile } from "./files";

export function checkRuns(view: View, problems: Problems): void {
  for (const [name, { run, health }] of view.services.entries) {
    const path = ["services", name, "run"];
    const sound = checkBinary(run?.binary, [...path, "binary"], view, problems);
    if (sound && run?.sha256 !== undefined) checkSum(run.binary!, run.sha256, [...path, "sha256"], view, problems);
    checkSecrets(run ?? {}, path, problems);
    if (health) checkHealth(health, ["services", name, "health"], problems);
  }
}

function checkSecrets({ env = {}, secrets = {} }: Sound<RunDeclaration>, path: Path, problems: Problems): void {
  for (const variable of Object.keys(secrets)) {
    if (!Object.hasOwn(env, variable)) continue;
    problems.add([...path, "secrets", variable], variable, {
      reason: `\`${variable}\` is in \`env\` too, where its value stands in the state`,
      remedy: "take it out of one of them",
    });
  }
}

/** Says whether the binary is there and may be run. */
function checkBinary(binary: string | undefined, path: Path, view: View, problems: Problems): boolean {
  const remedy = "write the path of an executable file from the project's folder; is it built yet?";
  if (!checkFile(binary, path, remedy, view, problems)) return false;
  if (view.files.look(binary!) === "executable") return true;
  problems.add(path, binary, {
    reason: `the file is not executable (${view.files.absolute(binary!)})`,
    remedy: `make it executable: \`chmod +x ${binary}\``,
  });
  return false;
}

/** The file is read again for the deploy, and the machine compares what arrived: see `stacks/uploaded-binary.ts`. */
function checkSum(binary: string, declared: string, path: Path, view: View, problems: Problems): void {
  const found = view.files.sha256(binary);
  if (found === declared.toLowerCase()) return;
  problems.add(path, declared, {
    reason: `${view.files.absolute(binary)} is another file: its SHA-256 is ${found}`,
    remedy: "find out who changed the binary; if it is the one you want, write its sum here",
  });
}

const WAYS = ["http", "tcp", "grpc", "script"] as const;

function checkHealth(health: Sound<HealthDeclaration>, path: Path, problems: Problems): void {
  const given = WAYS.filter((way) => Object.hasOwn(health, way));
  if (given.length > 1 || (given.length === 0 && !hasBroken(health))) {
    problems.add(path, health, {
      reason: given.length
        ? `${given.join(" and ")} are given, and a service has one check`
        : "it is not said what to check",
      remedy: "keep exactly one of `http`, `tcp`, `grpc` and `script`",
    });
  }
  if (health.script && !isBroken(health, "script")) checkScript(health.script, [...path, "script"], problems);
}

function checkScript(script: (string | undefined)[], path: Path, problems: Problems): void {
  const remedy =
    'write the command with its full path on the machine, and its arguments: `["/usr/local/bin/check", "-v"]`';
  if (script.length === 0) problems.add(path, script, { reason: "there is no command", remedy });
  else if (script[0] !== undefined && !script[0].startsWith("/")) {
    problems.add([...path, 0], script[0], {
      reason: "the agent does not look the command up: it needs its full path",
      remedy,
    });
  }
}
