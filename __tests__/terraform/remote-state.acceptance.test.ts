/**
 * States in a real Consul and a real PostgreSQL. The mesh is one whose machines do not exist: what Terraform plans and
 * keeps is real, what it would run on machines is left out.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseProviders } from "../../terraform/provider-choice";
import { type Output, output } from "../../toolchain";
import { type ConsulAgent, startConsul } from "../support/consul-agent";
import { type Postgres, postgresFolder, startPostgres } from "../support/postgres";
import { declaration } from "../support/shop";

jest.setTimeout(300_000);

const made = spawnSync(process.execPath, ["--import", "tsx", join(__dirname, "../../toolchain/part.ts"), "consul"]);
if (made.status !== 0) console.warn(`SKIPPED: remote state was not tried, there is no Consul here.\n${made.stderr}`);
const terraformPart = spawnSync(process.execPath, [
  "--import",
  "tsx",
  join(__dirname, "../../toolchain/part.ts"),
  "terraform",
]);
// The one that Gatehouse builds has none of these backends (toolchain/terraform/README.md).
const builtHere = terraformPart.stdout.toString().includes("gatehouse/terraform-");
if (builtHere) console.warn("SKIPPED: remote state was not tried, this Terraform was built without those backends");
const can = made.status === 0 && !builtHere;
const programs = postgresFolder();
if (!programs) {
  console.warn("SKIPPED: the pg backend was not tried, there is no PostgreSQL here. On Debian: apt install postgresql");
}

const NAME = `remote-${process.pid}`;
let folder: string;
let consul: ConsulAgent;
let postgres: Postgres | undefined;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  if (made.status !== 0) return;
  folder = mkdtempSync(join(tmpdir(), "gatehouse-remote-"));
  consul = await startConsul(made.stdout.toString().trim());
  postgres = programs ? await startPostgres(programs) : undefined;
  writeFileSync(join(folder, "web"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(folder, "key"), "no key");
  env = {
    ...process.env,
    ...(await chooseProviders(() => {})).env, // with it the synth is complete
    GATEHOUSE_MESH: join(folder, "mesh.ts"),
    ...(postgres && { PG_CONN_STR: postgres.url }),
    CONSUL_HTTP_ADDR: consul.address,
  };
  declare({});
});

afterAll(async () => {
  await consul?.stop();
  await postgres?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
  for (const suffix of ["", ".backup"]) rmSync(`terraform.${NAME}.mesh.tfstate${suffix}`, { force: true });
});

/** The mesh, with this environment of one service. */
function declare(settings: Record<string, string>): void {
  const mesh = declaration({ name: NAME });
  mesh.consul = { datacenter: "dc1", address: consul.address, existing: true, acl: false, tls: false };
  mesh.ssh = { privateKeyFile: join(folder, "key") };
  for (const service of Object.values(mesh.services!)) service.run = { binary: join(folder, "web"), env: settings };
  writeFileSync(join(folder, "mesh.ts"), `export default ${JSON.stringify(mesh)};\n`);
}

async function program(cwd: string, file: string, args: string[], more: Record<string, string> = {}): Promise<Output> {
  const done = await output(file, args, {}, { cwd, env: { ...env, ...more } });
  return done;
}

/** Synthesizes with this backend; what would run on machines takes `seconds` instead. Returns the stack's folder. */
async function synth(backend: string, seconds?: number): Promise<string> {
  const outdir = join(folder, `out-${backend}`);
  mkdirSync(outdir, { recursive: true });
  const more = { GATEHOUSE_BACKEND: backend, CDKTF_OUTDIR: outdir };
  const { exitCode, stderr } = await program(process.cwd(), process.execPath, ["--import", "tsx", "main.ts"], more);
  if (exitCode !== 0) throw new Error(stderr);
  const stack = join(outdir, "stacks/mesh");
  const file = join(stack, "cdk.tf.json");
  const configuration = JSON.parse(readFileSync(file, "utf8"));
  for (const resource of Object.values<Record<string, unknown>>(configuration.resource.null_resource)) {
    delete resource.connection;
    delete resource.provisioner;
  }
  if (seconds) {
    const { served } = configuration.resource.null_resource;
    served.provisioner = [{ "local-exec": { command: `touch ${folder}/at-work; sleep ${seconds}` } }];
  }
  writeFileSync(file, JSON.stringify(configuration));
  return stack;
}

async function terraform(stack: string, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await program(stack, "terraform", [...args, "-no-color"]);
  if (exitCode !== 0) throw new Error(`terraform ${args.join(" ")}: ${exitCode}\n${stdout}${stderr}`);
  return stdout;
}

const init = (stack: string) => terraform(stack, "init", "-input=false", "-reconfigure");
const apply = (stack: string, ...more: string[]) => terraform(stack, "apply", "-auto-approve", "-input=false", ...more);
/** Addresses that would change, files for review left out. */
async function plan(stack: string): Promise<string[]> {
  const text = await terraform(stack, "plan", "-input=false");
  return [...text.matchAll(/^ {2}# (\S+) (?:will|must) be/gm)]
    .map(([, address]) => address!)
    .filter((address) => !address.startsWith("local_file."));
}
const destroy = async (stack: string) => terraform(stack, "destroy", "-auto-approve", "-input=false");

const move = (from: string, to: string) =>
  program(process.cwd(), process.execPath, ["bin/gatehouse.js", "state", "move", from, to]);

const backends: [string, boolean, () => string][] = [
  ["consul", can, () => consulState()],
  ["pg", can && programs !== undefined, () => postgresState()],
];

function consulState(): string {
  return spawnSync("curl", ["-s", `http://${consul.address}/v1/kv/gatehouse/${NAME}/mesh?raw`]).stdout.toString();
}

const postgresState = () => postgres!.query(`select data from "gatehouse_${NAME}_mesh".states where name = 'default'`);

for (const [backend, possible, stored] of backends) {
  (possible ? describe : describe.skip)(`the ${backend} backend`, () => {
    let stack: string;

    beforeAll(async () => {
      declare({});
      stack = await synth(backend);
      await init(stack);
      await apply(stack);
    });

    afterAll(() => destroy(stack));

    test("keeps the state of the mesh under its name", () => {
      const state = JSON.parse(stored());
      expect(state.resources.map(({ name }: { name: string }) => name)).toContain("instance_backend_worker2");
    });

    test("a second deploy has nothing to do, nor has one from another checkout", async () => {
      expect(await plan(stack)).toEqual([]);
      const other = await synth(backend);
      rmSync(join(other, ".terraform"), { recursive: true });
      await init(other);
      expect(await plan(other)).toEqual([]);
    });

    test("of two deploys at once, one is refused, or waits until the other has ended", async () => {
      declare({ GREETING: backend });
      rmSync(join(folder, "at-work"), { force: true });
      await synth(backend, 6);
      const first = apply(stack, "-replace=null_resource.served");
      while (spawnSync("test", ["-e", join(folder, "at-work")]).status !== 0)
        await new Promise((r) => setTimeout(r, 50));
      const args = ["apply", "-auto-approve", "-input=false", "-no-color"];
      const refused = await program(stack, "terraform", [...args, "-lock-timeout=0s"]);
      expect(refused.exitCode).toBe(1);
      expect(refused.stdout + refused.stderr).toContain("Error acquiring the state lock");
      const waited = await program(stack, "terraform", [...args, "-lock-timeout=60s"]);
      expect([waited.exitCode, waited.stderr]).toEqual([0, ""]);
      expect(waited.stdout).toContain("0 added, 0 changed, 0 destroyed");
      expect(await first).toContain("Apply complete!");
    });
  });

  (possible ? describe : describe.skip)(`a state that moves from local to ${backend} and back`, () => {
    let local: string;

    beforeAll(async () => {
      declare({});
      local = await synth("local");
      await init(local);
      await apply(local);
    });

    afterAll(async () => {
      await destroy(await synth("local"));
    });

    test("changes nothing on the way", async () => {
      const instance = () => terraform(local, "state", "show", "null_resource.instance_backend_worker2");
      const before = await instance();
      const there = await move("local", backend);
      expect([there.exitCode, there.stderr.replace(/^Terraform's registry.*\n?/, "")]).toEqual([0, ""]);
      expect(there.stdout).toMatch(new RegExp(`^mesh: \\d+ resources moved from local to ${backend}$`));
      const remote = await synth(backend);
      await init(remote);
      expect(await plan(remote)).toEqual([]);
      expect(await terraform(local, "state", "list")).toBe(""); // so that no one goes on with the old one by mistake

      const again = await move("local", backend);
      expect(again.stdout).toBe("mesh: nothing in local");

      expect((await move(backend, "local")).exitCode).toBe(0);
      expect(await plan(await synth("local"))).toEqual([]);
      expect(await instance()).toBe(before);
    });
  });
}
