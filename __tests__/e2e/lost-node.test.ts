/** A machine is gone for good and another one takes its name: a worker, and the only server of Consul. */
import { rmSync } from "node:fs";
import { machinesOf } from "../../lab/declared";
import { reset } from "../../lab/machines";
import { keysOf } from "../../lab/places";
import { hostKeyFrom, type MeshDeclaration } from "../../model";
import { consul, declaration, deploy, describeOnLab, freshLab, gatewayUrl, getUntil, plan } from "./mesh";
import { npm, npmDeploy } from "./recover";

jest.setTimeout(400_000);

const mesh = declaration();

/** A new machine of that name and address, with a host key of its own. */
async function anotherMachine(name: string): Promise<void> {
  rmSync(keysOf(name), { recursive: true });
  await reset(machinesOf({ nodes: { [name]: mesh.nodes[name]! } }));
  mesh.nodes[name]!.hostKey = hostKeyFrom(`${keysOf(name)}/ssh_host_ed25519_key.pub`);
}

async function deployed(of: MeshDeclaration): Promise<string> {
  const { exitCode, text } = await npmDeploy(of);
  if (exitCode !== 0) throw new Error(`${text.slice(0, 2000)}\n...\n${text.slice(-4000)}`);
  return text;
}

describeOnLab("a machine is lost", () => {
  beforeAll(async () => {
    await freshLab(mesh);
    await deployed(mesh);
  });

  test("a worker: a deploy puts everything on the new one", async () => {
    await anotherMachine("worker1");
    await deployed(mesh);
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
    expect(await plan(mesh)).toEqual([]);
  });

  test("the only server: its machine, then what Consul forgot", async () => {
    await anotherMachine("server1");
    const first = await npm(mesh, "deploy", "--auto-approve", "-refresh=false");
    expect(first.text).not.toContain("null_resource.agent_server1: Error");
    await deploy(mesh); // without a preflight: the other agents' tokens are unknown until it is done
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
    const tokens = await consul<{ Description: string }[]>("acl/tokens");
    expect(tokens.some(({ Description }) => Description === "Gatehouse, mesh lab: frontend on worker1")).toBe(true);
    expect(await plan(mesh)).toEqual([]);
  });
});
