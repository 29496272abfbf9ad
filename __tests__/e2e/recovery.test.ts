/** The way back: state lost. Each command of docs/recovery.md, as a person types it. */
import { machinesOf } from "../../lab/declared";
import { forgetState } from "../../lab/terraform-state";
import { underLoad } from "./load";
import { asOperator, consul, declaration, describeOnLab, freshLab, gatewayUrl, on, plan } from "./mesh";
import { record } from "./record";
import { npm, npmDeploy, preflightFindings } from "./recover";

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

/** What Consul has of the mesh's tokens and policies. */
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
    if (exitCode !== 0) throw new Error(text.slice(-6000));
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

    // Of a service that left the declaration with the state.
    await on("server1", asOperator("consul acl token create -description 'Gatehouse, mesh lab: gone on worker1'"));
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
});
