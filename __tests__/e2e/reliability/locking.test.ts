/** Tokens, certificates and secret values that are replaced under load. */
import { output } from "../../../toolchain";
import { underClientLoad } from "../support/client";
import { doctorVerdict } from "../support/doctor";
import { consul, deploy, describeOnLab, freshLab, mainPid, meshFile, on, plan, type Run } from "../support/mesh";
import { plant } from "../support/planted";
import { gatewayUrls, roll, twice } from "../support/rollout";

jest.setTimeout(900_000);

/** Seconds for which an agent may still believe in a token that is gone: Consul's `acl.token_ttl`. */
const REMEMBERED = 30;

/** Under a client that knows both gateways. */
const rollBoth = (change: string, run: () => Promise<Run>) =>
  roll(change, run, (run) => underClientLoad(gatewayUrls, run));

/** `npm run rotate`, as a person runs it on the mesh that was deployed last. */
async function rotate(...args: string[]): Promise<Run> {
  const command = ["bin/gatehouse.js", "rotate", ...args, "--auto-approve"];
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
  const mesh = twice();

  beforeAll(async () => {
    await freshLab();
    await deploy(mesh);
  });

  test("a service's tokens are replaced: its instances alone are rolled", async () => {
    const before = await tokens();
    const { load, result } = await rollBoth("the tokens of one service replaced", () => rotate("backend"));
    const after = await tokens();
    expect(descriptions(after)).toEqual(descriptions(before));
    const gone = Object.keys(before).filter((id) => !after[id]);
    expect(gone.map((id) => before[id]).sort()).toEqual(
      descriptions(before).filter((what) => /: backend on/.test(what)),
    );
    expect(result.text).toMatch(/backend serves \(restarted: backend-sidecar-proxy\.service\)/);
    expect(result.text).not.toMatch(/frontend serves/);
    expect(load).toMatchObject({ failed: 0 });
  });

  test("all tokens are replaced, and no old one is good for anything", async () => {
    const before = await tokens();
    const old = await on("worker1", "cat /opt/gatehouse/secrets/frontend.token");
    const { load } = await rollBoth("every token replaced", () => rotate("--all"));
    const after = await tokens();
    expect(descriptions(after)).toEqual(descriptions(before));
    expect(Object.keys(before).filter((id) => after[id])).toEqual([]);
    const ask = `curl -s -o /dev/null -w '%{http_code}' -H @<(echo 'X-Consul-Token: ${old}') 127.0.0.1:8500/v1/agent/service/frontend`;
    for (let tries = 0; tries < REMEMBERED && (await on("worker1", ask)) !== "403"; tries++)
      await on("worker1", "sleep 1");
    expect(await on("worker1", ask)).toBe("403");
    expect(await plan(mesh)).toEqual([]);
    expect(await doctorVerdict(mesh)).toEqual([]);
    expect(load).toMatchObject({ failed: 0 });
  });

  test("a secret's new value is taken into use", async () => {
    const { backend } = mesh.services!;
    const values = () =>
      Promise.all(
        ["worker1", "worker2"].map(async (worker) =>
          on(worker, `tr '\\0' '\\n' </proc/${await mainPid(worker, "backend")}/environ | grep ^API_KEY=`),
        ),
      );
    plant({ backend: { API_KEY: "one" } });
    backend!.run.secrets = { API_KEY: { version: "1" } };
    await deploy(mesh);
    expect(await values()).toEqual(["API_KEY=one", "API_KEY=one"]);
    plant({ backend: { API_KEY: "two" } });
    backend!.run.secrets = { API_KEY: { version: "2" } };
    const { load } = await rollBoth("a secret variable's value replaced", () => deploy(mesh));
    expect(await values()).toEqual(["API_KEY=two", "API_KEY=two"]);
    expect(load).toMatchObject({ failed: 0 });
    expect(await doctorVerdict(mesh)).toEqual([]);
    expect(await on("worker1", "mesh rollback backend")).toContain("backend goes back");
    expect(await values()).toEqual(["API_KEY=one", "API_KEY=two"]);
    backend!.run.secrets = {};
    plant({});
    await deploy(mesh);
    expect(await doctorVerdict(mesh)).toEqual([]);
  });

  test("the agents take new certificates", async () => {
    const { load, result } = await rollBoth("new certificates for the agents", () => rotate("--certificates"));
    expect(result.text).toMatch(/Apply complete! Resources: \d+ added/);
    expect(load).toMatchObject({ failed: 0 });
  });
});
