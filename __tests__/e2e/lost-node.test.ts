/** A worker is gone for good and another machine takes its name. */
import { rmSync } from "node:fs";
import { keysOf, machinesOf, reset } from "../../lab";
import { hostKeyFrom, type MeshDeclaration } from "../../model";
import { declaration, describeOnLab, freshLab, gatewayUrl, getUntil, plan } from "./support/mesh";
import { npmDeploy } from "./support/recover";

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
});
