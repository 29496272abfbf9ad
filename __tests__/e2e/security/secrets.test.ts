/**
 * Marked secrets are planted, a mesh is deployed with them, well and badly, and everything that was written, printed or
 * run is searched for them.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { machinesOf } from "../../../lab";
import { makeSecrets, readSecrets, type Secrets, secretsFile } from "../../../mesh-secrets";
import { checkMesh, type MeshDeclaration, nodeFiles } from "../../../model";
import { output } from "../../../toolchain";
import {
  commandLinesDuring,
  filesWith,
  journalWith,
  type Markers,
  markersIn,
  ownFilesWith,
  unzip,
} from "../support/leaks";
import {
  cdktf,
  cdktfCommand,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  getUntil,
  mainPid,
  on,
} from "../support/mesh";
import { plant } from "../support/planted";

jest.setTimeout(300_000);

const machines = machinesOf(declaration()).map(({ name }) => name);
const STATES = ["terraform.lab.cluster.tfstate", "terraform.lab.mesh.tfstate"];

/** A value that begins with a marker and has everything in it that a file of variables could trip over. */
const planted = () => `planted-${randomBytes(12).toString("hex")} "two" 'words' $HOME \${x} %h \\n \`id\` # ; =é`;
const markerOf = (value: string): string => value.split(" ")[0]!;

describeOnLab("secrets stay where they belong", () => {
  const values = { first: planted(), second: planted(), third: planted() };
  let secrets: Required<Secrets>;
  let before: string | undefined;
  /** Markers of the document's secrets, then also of the tokens that Terraform made. */
  let markers: Markers;
  let tokens: Markers;
  let printed = "";
  const commands: string[] = [];

  /** Backend with a secret variable; the value is in the mesh's secrets alone. */
  function mesh(version: string, change: (mesh: MeshDeclaration) => void = () => {}): MeshDeclaration {
    const changed = declaration();
    changed.services!.backend!.run.secrets = { API_KEY: { version } };
    change(changed);
    return changed;
  }

  const plantValue = (value: unknown) => plant({ backend: { API_KEY: value } });

  async function watched(changed: MeshDeclaration): Promise<number> {
    const { file, command, env } = cdktfCommand(changed, ["deploy", "cluster", "mesh", "--auto-approve"]);
    const watching = await commandLinesDuring(() => output(file, command, {}, { env }));
    commands.push(...watching.commands);
    printed += watching.result.stdout + watching.result.stderr;
    return watching.result.exitCode;
  }

  /** The environment of the process that serves, one variable an item. */
  async function environment(): Promise<string[]> {
    const pid = await mainPid("worker2", "backend");
    return (await on("worker2", `tr '\\0' '\\n' </proc/${pid}/environ`)).split("\n");
  }

  beforeAll(async () => {
    await freshLab();
    before = readSecrets("lab") && readFileSync(secretsFile("lab"), "utf8");
    const checked = checkMesh(declaration(), nodeFiles());
    if ("problems" in checked) throw new Error(JSON.stringify(checked.problems));
    await makeSecrets(checked.mesh);
    secrets = readSecrets("lab") as Required<Secrets>;
    plantValue(values.first);
    const { gossipKey, managementToken, ca, servers } = secrets;
    const keyOf = (pem = "") => pem.split("\n")[1]!;
    markers = {
      gossipKey,
      managementToken,
      authority: keyOf(ca.key),
      server: keyOf(servers.server1?.key),
      ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, markerOf(value)])),
    };
    const exitCode = await watched(mesh("1"));
    if (exitCode !== 0) throw new Error(`the deploy failed:\n${printed.slice(-6000)}`);
    tokens = tokensIn(STATES);
  });

  afterAll(() => {
    if (before) writeFileSync(secretsFile("lab"), before, { mode: 0o600 });
    else rmSync(secretsFile("lab"), { force: true });
  });

  /** Where it is looked after each deploy; `tokens` grows with it. */
  async function expectNoLeak(): Promise<void> {
    tokens = { ...tokens, ...tokensIn(STATES) };
    const all = { ...markers, ...tokens };
    expect(markersIn(printed, all)).toEqual([]);
    expect(commands.filter((command) => markersIn(command, all).length > 0)).toEqual([]);
    expect(await ownFilesWith(all, ["."], "nobody")).toEqual([]);
    expect(await ownFilesWith(all, ["cdktf.out"], "root")).toEqual([]);
    expect(
      await ownFilesWith(
        markers,
        STATES.flatMap((state) => [state, `${state}.backup`]),
        "root",
      ),
    ).toEqual([]);
    for (const machine of machines) {
      expect(await journalWith(machine, all)).toEqual([]);
      expect(await filesWith(machine, all, "nobody")).toEqual([]);
      expect((await filesWith(machine, all, "root")).filter((file) => !isAtHome(file))).toEqual([]);
      expect(await on(machine, "ls -A /run/gatehouse-secrets/lab")).toBe("");
      // Terraform's scripts are left empty, and removed after a moment.
      expect(await on(machine, "find /tmp /home -maxdepth 2 -name '*gatehouse-*' -type f -size +0")).toBe("");
    }
  }

  test("the search finds a secret on a command line, in a file, in a journal and in a program", async () => {
    const canary = { canary: `canary-${randomBytes(12).toString("hex")}` };
    const { commands } = await commandLinesDuring(() => on("worker1", `logger ${canary.canary}; sleep 1; true`));
    expect(commands.filter((command) => markersIn(command, canary).length > 0)).not.toEqual([]);
    await on("worker1", `echo ${canary.canary} >/run/canary; chmod 0644 /run/canary`);
    expect(await filesWith("worker1", canary, "nobody")).toContain("/run/canary");
    await on("worker1", "chmod 0600 /run/canary");
    expect(await filesWith("worker1", canary, "nobody")).not.toContain("/run/canary");
    expect(await filesWith("worker1", canary, "root")).toContain("/run/canary");
    expect(await journalWith("worker1", canary)).not.toEqual([]);
    await on("worker1", "rm /run/canary");
    // An upload is readable there.
    expect(synthesized("mesh")).toContain(JSON.stringify('"name": "backend"').slice(1, -1));
  });

  test("the service has the value, to the letter", async () => {
    expect(await environment()).toContain(`API_KEY=${values.first}`);
  });

  test("each is known where it is used and nowhere else", async () => {
    const where = async (marker: string) => {
      const found = await Promise.all(
        machines.map(async (machine) => (await filesWith(machine, { marker }, "root")).length > 0 && machine),
      );
      return found.filter((machine) => machine !== false);
    };
    expect(await where(markers.first!)).toEqual(["worker2"]);
    expect(await where(markers.managementToken!)).toEqual(["server1"]);
    expect(await where(markers.server!)).toEqual(["server1"]);
    expect(await where(markers.authority!)).toEqual([]);
    expect(await where(markers.gossipKey!)).toEqual(machines);
  });

  test("files that hold one are closed", async () => {
    const modes = await on("worker2", "stat -c '%a %U:%G %n' /opt/gatehouse/secrets /opt/gatehouse/secrets/backend.*");
    expect(modes.split("\n").sort()).toEqual([
      "600 root:root /opt/gatehouse/secrets/backend.env",
      "600 root:root /opt/gatehouse/secrets/backend.token",
      "700 root:root /opt/gatehouse/secrets",
    ]);
  });

  test("a good deploy leaks none", expectNoLeak);

  test("one that arrives for a run which never begins, or is killed, is in memory and gone after minutes", async () => {
    expect(await on("server1", "findmnt -n -o FSTYPE -T /run/gatehouse-secrets")).toBe("tmpfs");
    const arriving = "/run/gatehouse-secrets/lab/handover.json";
    await on("server1", `echo '{}' >${arriving}; touch -d '6 minutes ago' ${arriving}`);
    expect(await on("server1", "systemctl list-timers --no-legend 'gatehouse-later-*'")).not.toBe("");
    // systemd does this by itself ten minutes after each arrival.
    await on("server1", "systemctl start --wait --all 'gatehouse-later-*.service'");
    expect(await on("server1", "ls -A /run/gatehouse-secrets/lab")).toBe("");
  });

  test("no program that was uploaded has one in it", () => {
    for (const stack of ["cluster", "mesh"]) {
      expect(markersIn(synthesized(stack), { ...markers, ...tokens })).toEqual([]);
    }
  });

  test("a plan holds none, save the tokens that the state has", async () => {
    const file = join(process.cwd(), "lab/.state/e2e/plan");
    await cdktf(mesh("2"), "synth");
    const run = await terraformPlan(`-out=${file}`);
    expect(run.exitCode).toBe(0);
    const parts = unzip(readFileSync(file));
    rmSync(file);
    expect(Object.keys(parts)).toEqual(expect.arrayContaining(["tfplan", "tfstate"]));
    for (const [name, text] of Object.entries(parts)) {
      expect([name, markersIn(text, markers)]).toEqual([name, []]);
      if (name !== "tfstate" && name !== "tfstate-prev") expect([name, markersIn(text, tokens)]).toEqual([name, []]);
    }
    expect(markersIn(run.stdout + run.stderr, { ...markers, ...tokens })).toEqual([]);
  });

  test("a new version brings the new value, and is all that is planned", async () => {
    plantValue(values.second);
    expect((await cdktf(mesh("1"), "diff", "mesh")).text).toContain("No changes.");
    expect(await watched(mesh("2"))).toBe(0);
    expect(await environment()).toContain(`API_KEY=${values.second}`);
    await expectNoLeak();
  });

  test("a deploy that fails leaks none, and the earlier value is back", async () => {
    plantValue(values.third);
    const broken = mesh("3", ({ services }) => {
      services!.backend!.run.args = ["no-such-command"];
    });
    expect(await watched(broken)).toBe(1);
    expect(await environment()).toContain(`API_KEY=${values.second}`);
    await expectNoLeak();
    expect(await filesWith("worker2", { third: markers.third! }, "root")).toEqual([]);
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
  });

  test.each([
    ["a value of two lines", `${markerOf(values.third)}\nINJECTED=1`, /no value of API_KEY for the service backend/],
    ["no value", undefined, /no value of API_KEY for the service backend/],
  ])("%s stops the plan, told by name, and nothing changes", async (_, value, told) => {
    plantValue(value);
    const before = await environment();
    expect(await watched(mesh("4"))).toBe(1);
    // cdktf ends with Terraform, and sometimes before it has printed all that Terraform said.
    const { exitCode, stdout, stderr } = await terraformPlan();
    expect(exitCode).toBe(1);
    printed += stdout + stderr;
    expect(`${stdout}${stderr}`.replaceAll(/[\s│]+/g, " ")).toMatch(told);
    expect(await environment()).toEqual(before);
    await expectNoLeak();
  });

  test("a service without secrets any more leaves none behind", async () => {
    plantValue(values.second);
    await deploy(declaration());
    expect((await environment()).filter((one) => one.startsWith("API_KEY="))).toEqual([]);
    expect(await on("worker2", "ls /opt/gatehouse/secrets")).not.toContain("backend.env");
  });
});

/** Terraform's own view of the mesh stack that was synthesized last. */
function terraformPlan(...options: string[]) {
  const command = ["bin/gatehouse.js", "exec", "terraform", "-chdir=cdktf.out/stacks/mesh"];
  return output(process.execPath, [...command, "plan", "-input=false", "-no-color", ...options]);
}

/** Where a machine keeps secrets: what root or Consul alone reads. */
function isAtHome(file: string): boolean {
  return [
    /^\/opt\/gatehouse\/secrets\/[^/]+\.(token|env)$/,
    /^\/opt\/gatehouse\/instances\/[^/]+\/releases\/[^/]+\/secret\.env$/,
    /^\/etc\/consul\.d\/(gatehouse-secrets\.json|tls\/[^/]+-key\.pem|[^/]+\.hcl)$/,
    /^\/opt\/consul\//,
    /^\/run\/credentials\/[^/]+\/token$/,
    /^\/run\/gatehouse-envoy\/[^/]+\.json$/, // that Envoy's user reads it, and no other
  ].some((home) => home.test(file));
}

const synthesized = (stack: string): string => readFileSync(`cdktf.out/stacks/${stack}/cdk.tf.json`, "utf8");

/** Tokens that Terraform made, each where the state may have it: in its data source. */
function tokensIn(states: string[]): Markers {
  const found: Markers = {};
  for (const state of states) {
    const { resources, outputs } = JSON.parse(readFileSync(state, "utf8")) as State;
    for (const { type, name, instances } of resources) {
      if (type !== "consul_acl_token_secret_id") continue;
      for (const { attributes } of instances) found[`${state} ${name}`] = attributes.secret_id!;
    }
    const others = resources.filter(({ type }) => type !== "consul_acl_token_secret_id");
    expect(markersIn(JSON.stringify({ others, outputs }), found)).toEqual([]);
  }
  expect(Object.keys(found).length).toBeGreaterThan(0);
  return found;
}

interface State {
  outputs: unknown;
  resources: { type: string; name: string; instances: { attributes: { secret_id?: string } }[] }[];
}
