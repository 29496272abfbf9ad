/** Tokens that are replaced, and a mesh that was open, under load. */
import { output } from "../../../tools/process";
import { doctorVerdict } from "../doctor";
import { consul, deploy, describeOnLab, freshLab, meshFile, on, plan, type Run } from "../mesh";
import { roll, twoOfEach } from "../rollout";

jest.setTimeout(900_000);

const none = { failed: 0 };

/** `npm run rotate`, as a person runs it on the mesh that was deployed last. */
async function rotate(...args: string[]): Promise<Run> {
  const command = ["--import", "tsx", "doctor/rotate-cli.ts", ...args, "--auto-approve"];
  const env = { ...process.env, GATEHOUSE_MESH: meshFile, FORCE_COLOR: "0", CI: "1" };
  const { exitCode, stdout, stderr } = await output(process.execPath, command, {}, { env });
  if (exitCode !== 0) throw new Error(`rotate failed:\n${stdout.slice(-2000)}\n${stderr.slice(-6000)}`);
  return { exitCode, text: `${stdout}\n${stderr}` };
}

/** Accessors of all tokens that Terraform made. */
async function tokens(): Promise<Record<string, string>> {
  const all = await consul<{ AccessorID: string; Description: string }[]>("acl/tokens");
  const ours = all.filter(({ Description }) => Description.startsWith("Gatehouse"));
  return Object.fromEntries(ours.map(({ AccessorID, Description }) => [AccessorID, Description]));
}

const descriptions = (of: Record<string, string>) => Object.values(of).sort();

describeOnLab("under load", () => {
  const mesh = twoOfEach();

  test("an open mesh is locked", async () => {
    await freshLab();
    const open = twoOfEach();
    Object.assign(open.consul, { address: "10.77.0.10:8500", acl: false, tls: false, gossipEncryption: false });
    await deploy(open);
    const { load } = await roll("an open mesh is locked: ACLs, TLS, gossip", () => deploy(mesh));
    expect(await plan(mesh)).toEqual([]);
    expect(await doctorVerdict(mesh)).toEqual([]);
    expect(load).toMatchObject(none);
  });

  test("a service's tokens are replaced: its instances alone are rolled", async () => {
    const before = await tokens();
    const { load, result } = await roll("the tokens of one service replaced", () => rotate("backend"));
    const after = await tokens();
    expect(descriptions(after)).toEqual(descriptions(before));
    const gone = Object.keys(before).filter((id) => !after[id]);
    expect(gone.map((id) => before[id]).sort()).toEqual(
      descriptions(before).filter((what) => /: backend on/.test(what)),
    );
    expect(result.text).toMatch(/backend serves \(restarted: backend-sidecar-proxy\.service\)/);
    expect(result.text).not.toMatch(/frontend serves/);
    expect(load).toMatchObject(none);
  });

  test("all tokens are replaced, and no old one is good for anything", async () => {
    const before = await tokens();
    const old = await on("worker1", "cat /opt/gatehouse/secrets/frontend.token");
    const { load } = await roll("every token replaced", () => rotate("--all"));
    const after = await tokens();
    expect(descriptions(after)).toEqual(descriptions(before));
    expect(Object.keys(before).filter((id) => after[id])).toEqual([]);
    const ask = `curl -s -o /dev/null -w '%{http_code}' -H @<(echo 'X-Consul-Token: ${old}') 127.0.0.1:8500/v1/agent/service/frontend`;
    expect(await on("worker1", ask)).toBe("403");
    expect(await plan(mesh)).toEqual([]);
    expect(await doctorVerdict(mesh)).toEqual([]);
    expect(load).toMatchObject(none);
  });

  test("the agents take new certificates", async () => {
    const { load, result } = await roll("the agents' certificates brought anew", () => rotate("--certificates"));
    expect(result.text).toMatch(/Apply complete! Resources: \d+ added/);
    expect(load).toMatchObject(none);
  });
});
