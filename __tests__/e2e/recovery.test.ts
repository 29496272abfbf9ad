/** The way back: state lost, secrets lost, a server down. Each command of docs/recovery.md, as a person types it. */
import { existsSync, readFileSync, renameSync } from "node:fs";
import { forgetState, machinesOf } from "../../lab";
import { secretsFile } from "../../mesh-secrets";
import { underLoad } from "./support/load";
import {
  asOperator,
  consul,
  declaration,
  describeOnLab,
  freshLab,
  gatewayUrl,
  getUntil,
  on,
  plan,
} from "./support/mesh";
import { record } from "./support/record";
import { npm, npmDeploy, preflightFindings } from "./support/recover";

jest.setTimeout(400_000);

const mesh = declaration();

/** Process of each unit that serves, by machine. */
async function processes(): Promise<Record<string, string>> {
  const { services = {}, gateways = {} } = mesh;
  const units = [
    "consul",
    ...Object.keys(services).flatMap((name) => [name, `${name}-sidecar-proxy`]),
    ...Object.keys(gateways),
  ].join(" ");
  const show = `for unit in ${units}; do echo "$unit $(systemctl show -P MainPID $unit)"; done`;
  const named = machinesOf(mesh).map(async ({ name }) => [name, await on(name, show)] as const);
  return Object.fromEntries(await Promise.all(named));
}

/** The mesh's tokens and policies in Consul. */
async function rights(): Promise<string[]> {
  const [tokens, policies] = await Promise.all([
    consul<{ AccessorID: string; Description: string }[]>("acl/tokens"),
    consul<{ ID: string; Description: string }[]>("acl/policies"),
  ]);
  return [...tokens, ...policies]
    .filter(({ Description }) => Description.startsWith("Gatehouse, mesh lab: "))
    .map((one) => `${one.Description} ${"AccessorID" in one ? one.AccessorID : one.ID}`)
    .sort();
}

describeOnLab("the way back", () => {
  beforeAll(async () => {
    await freshLab(mesh);
    const { exitCode, text } = await npmDeploy(mesh);
    if (exitCode !== 0) throw new Error(`${text.slice(0, 3000)}\n...\n${text.slice(-3000)}`);
  });

  test("a lost state stops a deploy, and one command makes it again: nothing that serves is touched", async () => {
    const [pids, before] = await Promise.all([processes(), rights()]);
    forgetState(mesh.name);

    const stopped = await npmDeploy(mesh);
    expect(stopped.exitCode).toBe(1);
    expect(stopped.text).toContain("npm run state -- recover");
    expect(await rights()).toEqual(before);
    const found = (await preflightFindings(mesh)).filter(({ severity }) => severity === "problem");
    expect(found.map(({ check }) => check)).toEqual(["state of cluster", "state of mesh"]);

    // The token of a service that left the declaration with the state.
    await on(
      "server1",
      asOperator("consul acl token create -service-identity gone -description 'Gatehouse, mesh lab: gone on worker1'"),
    );
    const began = Date.now();
    const { load, result } = await underLoad(gatewayUrl, () => npm(mesh, "state", "recover", "--auto-approve"));
    const seconds = (Date.now() - began) / 1000;
    expect(`${result.exitCode} ${result.text.slice(-6000)}`).toMatch(/^0 /);
    expect(result.text).toContain("removed a token that no state knows: Gatehouse, mesh lab: gone on worker1");
    await record({
      section: "Faults",
      change: "the state lost, and made again",
      sent: load.sent,
      failed: load.failed,
      seconds,
    });

    expect(load.failed).toBe(0);
    expect(await processes()).toEqual(pids);
    expect(await rights()).toEqual(before);
    expect(await plan(mesh)).toEqual([]);
  });

  test("lost secrets: a copy comes first, no new ones are made, and the servers have them", async () => {
    const file = secretsFile(mesh.name);
    const kept = `${file}.kept`;
    renameSync(file, kept);
    try {
      const [found, ...more] = (await preflightFindings(mesh)).filter(({ severity }) => severity === "problem");
      expect(`${found?.found} ${found?.remedy}`).toMatch(/is not there, and the agents of .*: .*|restore your copy/);
      expect(more.map(({ check }) => check)).toEqual(["Consul's API"]); // it asks for a certificate
      const refused = await npm(mesh, "secrets");
      expect(refused.exitCode).toBe(2);
      expect(refused.text).toContain("Bring your copy of the file back.");
      expect(existsSync(file)).toBe(false);

      const read = await npm(mesh, "secrets", "recover");
      expect(`${read.exitCode} ${read.text}`).toMatch(/^0 /);
      const secrets = (path: string) => JSON.parse(readFileSync(path, "utf8"));
      const { ca, ...rest } = secrets(kept);
      const trimmed = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll('\\n"', '"'));
      expect(trimmed(secrets(file))).toEqual(trimmed({ ...rest, ca: { cert: ca.cert } }));
      expect(await plan(mesh)).toEqual([]);
    } finally {
      renameSync(kept, file);
    }
  });

  test("a server of several is down: the deploy goes on with another", async () => {
    const several = declaration();
    several.consul.addresses = [several.consul.address!];
    several.consul.address = "10.77.0.12:8501"; // a worker: nothing listens there
    const down = structuredClone(several);
    delete down.consul.addresses;
    const alone = (await preflightFindings(down)).find(({ check }) => check === "Consul's API");
    expect(alone?.remedy).toContain('addresses: ["10.77.0.12:8501", "10.77.0.10:8501"] under consul');

    const found = (await preflightFindings(several)).filter(({ check }) => check === "Consul's API");
    expect(found).toEqual([expect.objectContaining({ severity: "warning" })]);
    several.services!.frontend!.run.env = { CHANGED: "1" };
    const { exitCode, text } = await npmDeploy(several);
    expect(text).toMatch(/Consul does not answer at 10\.77\.0\.12:8501 \(.*\): going on with 10\.77\.0\.10:8501/);
    expect(exitCode).toBe(0);
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
    expect(await plan(several)).toEqual([]); // plain cdktf finds it as well
  });
});
