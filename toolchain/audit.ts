/**
 * `npm run audit`: the licences of all dependencies, and the vulnerabilities that are known of them. Exit code 1 where one is
 * known, 2 where a database did not answer.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Audit, auditGo, auditNpm } from "./advisories";
import { goTools } from "./go";
import { byLicence, type Licensed, licenceIn, NOT_STATED, npmLicences } from "./licences";
import { NODE_MODULE } from "./node-program";
import { output } from "./process";
import { STAND_IN_MODULE } from "./provider-mirror";

/** Modules whose code is of this project, with the heading of their dependencies. */
const MODULES = { "gatehouse-node": NODE_MODULE, "the stand-in providers": STAND_IN_MODULE };

/** Programs that are built from a module as it is. */
const PROGRAMS: Record<string, string> = {
  consul: "github.com/hashicorp/consul",
  fortio: "fortio.org/fortio",
  terraform: "github.com/hashicorp/terraform",
};

const report = (line: string): void => console.error(line);

/** The modules that the programs in a folder are linked from. */
async function linked(module: string): Promise<Licensed[]> {
  return listed(
    module,
    "list",
    "-deps",
    "-f",
    "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}",
    "./...",
  );
}

/** A program's own module: its dependencies are in the go.sum of its folder. */
const program = (name: string): Promise<Licensed[]> =>
  listed(join(__dirname, name), "list", "-m", "-f", "{{.Path}} {{.Version}} {{.Dir}}", PROGRAMS[name] ?? name);

async function listed(cwd: string, ...args: string[]): Promise<Licensed[]> {
  const { go, env } = await goTools(report);
  const { exitCode, stdout, stderr } = await output(go, args, {}, { cwd, env });
  if (exitCode !== 0) throw new Error(`go ${args.slice(0, 2).join(" ")} in ${cwd}: ${stderr}`);
  const lines = [...new Set(stdout.split("\n"))].filter((line) => line.trim() !== "").sort();
  return lines.map((line) => {
    const [name = "", version = "", folder = ""] = line.split(" ");
    return { name, version, licence: folder === "" ? `${NOT_STATED}: it is not downloaded here` : licenceIn(folder) };
  });
}

async function licences(): Promise<void> {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
  print("npm, in use", npmLicences(lock, false));
  print("npm, for development alone", npmLicences(lock, true));
  for (const [name, module] of Object.entries(MODULES)) print(`Go, ${name}`, await linked(module));
  print("Programs that the lab builds", (await Promise.all(Object.keys(PROGRAMS).map(program))).flat());
}

function print(title: string, packages: Licensed[]): void {
  console.log(`\n${title}: ${packages.length}`);
  for (const line of byLicence(packages)) console.log(`  ${line}`);
}

async function audits(): Promise<Audit[]> {
  const all = [await auditNpm()];
  for (const [name, module] of Object.entries(MODULES))
    all.push({ ...(await auditGo(module, report)), of: `Go, ${name}` });
  return all;
}

const SAID: Record<Audit["result"], string> = {
  clean: "nothing known",
  found: "VULNERABLE",
  unknown: "NOT AUDITED, the database did not answer",
};

async function main(): Promise<void> {
  console.log("Licences");
  await licences();
  console.log("\nVulnerabilities");
  const all = await audits();
  for (const { of, result, text } of all) {
    console.log(`  ${of}: ${SAID[result]}`);
    for (const line of text.split("\n").filter(Boolean)) console.log(`    ${line}`);
  }
  const has = (result: Audit["result"]) => all.some((one) => one.result === result);
  process.exitCode = has("found") ? 1 : has("unknown") ? 2 : 0;
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 2;
});
