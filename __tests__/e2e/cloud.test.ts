/**
 * A mesh deployed by runs on a Terraform Cloud compatible server. The environment names it: GATEHOUSE_TFE_HOSTNAME,
 * GATEHOUSE_TFE_ORGANIZATION, GATEHOUSE_TFE_TOKEN. Its runs must reach the lab's machines (an agent on this machine, or a
 * server on it), and providers: the registry's, or a mirror's. Where its certificate is its own, SSL_CERT_FILE names it.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changes } from "../../lab";
import { secretsFile } from "../../mesh-secrets";
import type { MeshDeclaration } from "../../model";
import { output } from "../../toolchain";
import * as lab from "./support/mesh";
import { type Server, serverFrom, Tfe, writeCredentials } from "./support/tfe";

jest.setTimeout(600_000);

const machines = ["server1", "gateway1", "worker1", "worker2"];
const units = [
  ["worker1", "frontend"],
  ["worker1", "frontend-sidecar-proxy"],
  ["worker2", "backend"],
  ["worker2", "backend-sidecar-proxy"],
  ["gateway1", "ingress-gateway"],
  ["worker2", "consul"],
] as const;

const found = serverFrom(process.env);
if ("missing" in found) {
  console.warn(
    `SKIPPED: nothing was deployed through Terraform Cloud, since ${found.missing} is not set. With a Terraform Cloud ` +
      "compatible server: GATEHOUSE_TFE_HOSTNAME, GATEHOUSE_TFE_ORGANIZATION, GATEHOUSE_TFE_TOKEN.",
  );
  describe.skip("a mesh on Terraform Cloud", () => tests({ hostname: "", organization: "", token: "" }));
} else {
  lab.describeOnLab("a mesh on Terraform Cloud", () => tests(found));
}

function tests(server: Server): void {
  const tfe = new Tfe(server);
  const name = `e2e-${Date.now().toString(36)}`;
  const before = { ...process.env };
  let credentials: ReturnType<typeof writeCredentials>;
  const workspaces: Record<string, string> = {};
  let pristine: Record<string, string>[];

  const greeting = (text: string): MeshDeclaration => {
    const declared = { ...lab.declaration(), name };
    declared.services!.backend!.run.env = { GREETING: text };
    return declared;
  };
  const pids = () => Promise.all(units.map(([machine, unit]) => lab.mainPid(machine, unit)));
  const backendsGreeting = async () =>
    lab.on("worker2", `tr '\\0' '\\n' </proc/${await lab.mainPid("worker2", "backend")}/environ`);
  const use = (backend: "cloud" | "local") => (process.env.GATEHOUSE_BACKEND = backend);
  let current = greeting("first");

  beforeAll(async () => {
    credentials = writeCredentials(server);
    process.env.TF_CLI_CONFIG_FILE = credentials.file;
    process.env.GATEHOUSE_TFE_HOSTNAME = server.hostname;
    process.env.GATEHOUSE_TFE_ORGANIZATION = server.organization;
    use("cloud");
    await lab.freshLab();
    pristine = machines.map(changes).map(lab.withoutAccountBackups);
    const { terraform_version } = JSON.parse(spawnSync("terraform", ["version", "-json"]).stdout.toString());
    const key = readFileSync("lab/.state/id_ed25519", "utf8");
    // The lab's machines, under another name.
    const secrets = readFileSync(secretsFile("lab"), "utf8");
    writeFileSync(secretsFile(name), secrets, { mode: 0o600 });
    for (const stack of ["cluster", "mesh"]) {
      const id = await tfe.createWorkspace(`${name}-${stack}`, terraform_version);
      await tfe.setVariable(id, "ssh_private_key", key);
      await tfe.setVariable(id, "gatehouse_secrets", secrets);
      workspaces[stack] = id;
    }
    await lab.deploy(current);
  });

  afterAll(async () => {
    credentials?.remove();
    process.env = before;
    for (const stack of Object.keys(workspaces)) await tfe.deleteWorkspace(`${name}-${stack}`);
    rmSync(secretsFile(name), { force: true });
    for (const stack of ["cluster", "mesh"]) {
      for (const suffix of ["", ".backup"]) rmSync(`terraform.${name}.${stack}.tfstate${suffix}`, { force: true });
    }
  });

  test("the first deploy serves, and its state is on the server alone", async () => {
    expect((await lab.getUntil(200, `${lab.gatewayUrl}/debug`)).status).toBe(200);
    expect(await tfe.state(workspaces.mesh!)).toContain("instance_backend_worker2");
    expect(existsSync(`terraform.${name}.mesh.tfstate`)).toBe(false);
  });

  test("the key is neither in the state nor in what was uploaded, and no file for review is", async () => {
    const [secret] = readFileSync("lab/.state/id_ed25519", "utf8").split("\n").slice(2);
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-upload-"));
    for (const stack of ["cluster", "mesh"]) {
      expect(await tfe.state(workspaces[stack]!)).not.toContain(secret);
      const archive = await tfe.uploaded(workspaces[stack]!);
      const { status } = spawnSync("tar", ["-xz", "-C", folder], { input: archive });
      expect(status).toBe(0);
      const { stdout } = await output("grep", ["-rlF", secret!, folder]);
      expect(stdout).toBe("");
      const { stdout: files } = await output("find", [folder, "-type", "f", "-printf", "%P\n"]);
      const needed = /^(cdk\.tf\.json|backend_override\.tf|\.terraform\.lock\.hcl|assets\/binary-[0-9a-f]+\/.*)$/;
      expect(files.split("\n")).toContain("cdk.tf.json");
      expect(files.split("\n").filter((file) => !needed.test(file))).toEqual([]);
    }
    rmSync(folder, { recursive: true });
    expect(await tfe.state(workspaces.mesh!)).not.toContain('"local_file"');
  });

  test("a second run has nothing to do", async () => {
    expect(await lab.plan(current)).toEqual([]);
  });

  test("one service's change touches its instance alone", async () => {
    const changed = greeting("hello");
    expect(await lab.plan(changed)).toEqual(["null_resource.instance_backend_worker2 replaced"]);
    const earlier = await pids();
    await lab.deploy(changed);
    current = changed;
    const restarted = (await pids()).map((pid, at) => pid !== earlier[at]);
    expect(units.filter((_, at) => restarted[at])).toEqual([["worker2", "backend"]]);
    expect(await backendsGreeting()).toContain("GREETING=hello");
    expect((await lab.get(lab.gatewayUrl)).status).toBe(200);
  });

  test("a plan waits for a person who reads it on the server, and is carried out when they confirm it", async () => {
    const changed = greeting("confirmed");
    const earlier = await pids();
    const last = (await tfe.lastRun(workspaces.mesh!))?.id;
    const deploying = lab.cdktfCommand(changed, ["deploy", "mesh", "--ignore-missing-stack-dependencies"]);
    // cdktf asks only on a terminal; `script` gives it one. The answer comes from elsewhere.
    const command = [deploying.file, ...deploying.command].join(" ");
    const child = spawn("script", ["-qfec", command, "/dev/null"], {
      env: deploying.env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (printed += part));
    const ended = new Promise<number | null>((done) => child.on("close", done));
    const run = await Promise.race([
      tfe.waitingRun(workspaces.mesh!, last),
      ended.then((code) => {
        throw new Error(`the deploy ended with ${code} and did not wait for a person:\n${printed.slice(-4000)}`);
      }),
    ]);
    expect(await pids()).toEqual(earlier); // nothing has happened yet
    await tfe.confirm(run.id);
    const code = await ended;
    expect([code, code === 0 ? "" : printed.slice(-4000)]).toEqual([0, ""]);
    current = changed;
    expect(await backendsGreeting()).toContain("GREETING=confirmed");
    expect(await lab.plan(current)).toEqual([]);
  });

  test("the state moves to this machine and back, and no machine is touched", async () => {
    const earlier = await pids();
    await move("cloud", "local");
    use("local");
    expect(await lab.plan(current)).toEqual([]);
    expect(existsSync(`terraform.${name}.mesh.tfstate`)).toBe(true);
    await lab.deploy(current); // writes the files for review, and nothing else
    expect(readFileSync("cdktf.out/worker2/instances/backend.txt", "utf8")).toContain("confirmed");
    await move("local", "cloud");
    use("cloud");
    expect(await lab.plan(current)).toEqual([]);
    expect(await tfe.state(workspaces.mesh!)).not.toContain('"local_file"');
    expect(await pids()).toEqual(earlier);
  });

  test("destroy leaves the machines as they were", async () => {
    const { exitCode, text } = await lab.cdktf(current, "destroy", "cluster", "mesh", "--auto-approve");
    expect([exitCode, exitCode === 0 ? "" : text.slice(-4000)]).toEqual([0, ""]);
    await new Promise((done) => setTimeout(done, 4000)); // until the last program has taken itself away
    expect(machines.map(changes).map(lab.withoutAccountBackups)).toEqual(pristine);
    for (const stack of ["cluster", "mesh"]) {
      expect(JSON.parse(await tfe.state(workspaces[stack]!)).resources).toEqual([]);
    }
  });

  async function move(from: string, to: string): Promise<void> {
    const { env } = lab.cdktfCommand(current, []);
    const args = ["bin/gatehouse.js", "state", "move", from, to];
    const { exitCode, stdout, stderr } = await output(process.execPath, args, {}, { env });
    expect([exitCode, exitCode === 0 ? "" : stdout + stderr]).toEqual([0, ""]);
  }
}
