/**
 * `npm run bench:plan`: how synth and Terraform's first plan grow with the number of services. No node is touched and no
 * lab is needed.
 *   npm run bench:plan -- [--services 10,100,1000] [--times 1] [--against FOLDER]
 * `--against` names a checkout of another version: the two are measured in turns. Prints a table for docs/performance.md.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { COMPLETE, chooseProviders } from "../terraform";
import { median } from "./side-by-side/page";

const TSX = pathToFileURL(require.resolve("tsx"));

/** The seconds of a command, and the processor time of everything that it started. */
interface Seconds {
  elapsed: number;
  busy: number;
}

interface Measured {
  synth: Seconds;
  plan: Seconds;
  resources: number;
}

/** An OpenSSH public key without a private half. */
const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      services: { type: "string", default: "10,100,1000" },
      times: { type: "string", default: "1" },
      against: { type: "string" },
    },
  });
  process.env.GATEHOUSE_PROVIDERS ??= "stand-ins"; // where the registry does not answer
  const { env } = await chooseProviders((line) => console.error(line));
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-plan-"));
  const checkouts = [resolve("."), ...(values.against ? [resolve(values.against)] : [])];
  try {
    const environment = { ...process.env, ...env, ...COMPLETE, GATEHOUSE_BENCH_FILES: placeholders(folder) };
    print(values.services.split(",").map(Number), checkouts, (services, checkout) => {
      const all = Array.from({ length: Number(values.times) }, () => measure(services, checkout, folder, environment));
      return middle(all);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Files in the place of those that a lab would have: nothing is started on a node. */
function placeholders(folder: string): string {
  const files = join(folder, "files");
  mkdirSync(files);
  writeFileSync(join(files, "host_key.pub"), HOST_KEY);
  writeFileSync(join(files, "id"), "", { mode: 0o600 });
  writeFileSync(join(files, "svc"), "#!/bin/sh\n");
  chmodSync(join(files, "svc"), 0o755);
  return files;
}

function measure(services: number, checkout: string, folder: string, environment: NodeJS.ProcessEnv): Measured {
  const output = join(folder, "out");
  rmSync(output, { recursive: true, force: true });
  const env = {
    ...environment,
    GATEHOUSE_MESH: join(__dirname, "side-by-side", "mesh.ts"),
    GATEHOUSE_BENCH_SERVICES: String(services),
    CDKTF_OUTDIR: output,
  };
  // In a folder of its own, since the state of the mesh is made where synth runs.
  const synth = timed(`"${process.execPath}" --import "${TSX}" "${join(checkout, "main.ts")}"`, folder, env);
  const stack = join(output, "stacks", "mesh");
  timed("terraform init -input=false", stack, env);
  const plan = timed("terraform plan -input=false -lock=false", stack, env);
  const { resource } = JSON.parse(readFileSync(join(stack, "cdk.tf.json"), "utf8"));
  const resources = Object.values<object>(resource).reduce((sum, named) => sum + Object.keys(named).length, 0);
  return { synth, plan, resources };
}

/** `time` of bash counts the children of a command too. */
function timed(command: string, cwd: string, env: NodeJS.ProcessEnv): Seconds {
  const script = `exec 3>&2 2>&1; TIMEFORMAT='%R %U %S'; { time ${command} >&3; } 2>&1`;
  const result = spawnSync("bash", ["-c", script], { cwd, env, encoding: "utf8", maxBuffer: 1024 ** 3 });
  if (result.status !== 0) throw new Error(`${command}: exit ${result.status}\n${result.stdout}`);
  const [elapsed = 0, user = 0, system = 0] = result.stdout.trim().split("\n").at(-1)!.split(" ").map(Number);
  return { elapsed, busy: user + system };
}

function middle(all: Measured[]): Measured {
  const of = (part: "synth" | "plan"): Seconds => ({
    elapsed: median(all.map((one) => one[part].elapsed)),
    busy: median(all.map((one) => one[part].busy)),
  });
  return { synth: of("synth"), plan: of("plan"), resources: all[0]!.resources };
}

function print(sizes: number[], checkouts: string[], measured: (services: number, checkout: string) => Measured): void {
  console.log(
    "| services | version | resources | synth, s | plan, s | of processor time: synth | plan | plan to the other's |",
  );
  console.log("|--:|---|--:|--:|--:|--:|--:|--:|");
  for (const services of sizes) {
    const [ours, other] = checkouts.map((checkout) => measured(services, checkout));
    const row = ({ synth, plan, resources }: Measured, version: string, ratio: string) => {
      const figures = [synth.elapsed, plan.elapsed, synth.busy, plan.busy].map((seconds) => seconds.toFixed(2));
      console.log(`| ${[services, version, resources, ...figures, ratio].join(" | ")} |`);
    };
    if (other) row(other, "other", "");
    if (ours) row(ours, "this", other ? `${(ours.plan.busy / other.plan.busy).toFixed(2)}x` : "");
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
