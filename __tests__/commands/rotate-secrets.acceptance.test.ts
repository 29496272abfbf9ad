/** Rotations against a real Consul; the deploy between the steps is a function of the test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROTATIONS } from "../../commands/rotate-secrets";
import { makeSecrets, readSecrets, type Secrets } from "../../mesh-secrets";
import type { Mesh } from "../../model";
import { askApi } from "../../nodes";
import { part } from "../../toolchain";
import { type ConsulAgent, startConsul } from "../support/consul-agent";
import { mesh as anyMesh } from "../support/parts";

jest.setTimeout(120_000);

const project = process.cwd();
let folder: string;
let agent: ConsulAgent;
let mesh: Mesh;
const now = (): Secrets => readSecrets(mesh.name)!;

beforeAll(async () => {
  const binary = await part("consul");
  folder = mkdtempSync(join(tmpdir(), "gatehouse-rotate-"));
  process.chdir(folder);
  const whole = anyMesh();
  await makeSecrets(whole, { environment: {} });
  const { gossipKey, managementToken } = readSecrets(whole.name, { environment: {} })!;
  agent = await startConsul(
    binary,
    `encrypt = "${gossipKey}"
acl { enabled = true  default_policy = "deny"  tokens { initial_management = "${managementToken}" } }`,
  );
  mesh = { ...whole, consul: { ...whole.consul, tls: false, address: agent.address, addresses: [agent.address] } };
});

afterAll(async () => {
  process.chdir(project);
  await agent?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const keys = async (): Promise<string[]> => {
  const [lan] = JSON.parse((await askApi(mesh, "operator/keyring")).text) as { Keys: Record<string, number> }[];
  return Object.keys(lan!.Keys).sort();
};
const statusOf = async (token: string) => (await askApi(mesh, "acl/token/self", undefined, { token })).status;

test("the gossip key: agents know both until the nodes' files have the new one, and then the new one alone", async () => {
  const old = now().gossipKey!;
  expect(await ROTATIONS["gossip-key"](mesh, async () => 7)).toBe(7); // a deploy that failed
  const { gossipKey, previous } = now();
  expect(previous).toEqual({ gossipKey: old });
  expect(await keys()).toEqual([old, gossipKey].sort());

  let between: string[] = [];
  const bring = async () => {
    between = await keys();
    return 0;
  };
  expect(await ROTATIONS["gossip-key"](mesh, bring)).toBe(0);
  expect(between).toEqual([old, gossipKey].sort());
  expect(now()).toMatchObject({ gossipKey });
  expect(now().previous).toBeUndefined();
  expect(await keys()).toEqual([gossipKey]);
});

test("the management token: both are good until servers have the new one, and then the new one alone", async () => {
  const old = now().managementToken!;
  expect(await ROTATIONS["management-token"](mesh, async () => 7)).toBe(7);
  const { managementToken = "" } = now();
  expect(managementToken).not.toBe(old);
  expect([await statusOf(old), await statusOf(managementToken)]).toEqual([200, 200]);

  expect(await ROTATIONS["management-token"](mesh, async () => 0)).toBe(0);
  expect(now().managementToken).toBe(managementToken);
  expect(now().previous).toBeUndefined();
  expect([await statusOf(old), await statusOf(managementToken)]).toEqual([403, 200]);
});

test("the authority: three deploys, and an interrupted one goes on where it was", async () => {
  const tls = { ...mesh, consul: { ...mesh.consul, tls: true } };
  const old = now().ca!.cert;
  const seen: string[] = [];
  const bring = (...codes: number[]) => {
    return async () => {
      const { cert, next, previous } = now().ca!;
      seen.push(`${cert === old ? "old" : "new"}${next ? " and the next" : ""}${previous ? " and the previous" : ""}`);
      return codes.shift() ?? 0;
    };
  };
  expect(await ROTATIONS.authority(tls, bring(0, 7))).toBe(7);
  expect(await ROTATIONS.authority(tls, bring())).toBe(0);
  expect(seen).toEqual(["old and the next", "new and the previous", "new and the previous", "new"]);
});

test("Consul's reason is told when it refuses a key", async () => {
  const wrong = { ...mesh, consul: { ...mesh.consul, address: "127.0.0.1:1", addresses: ["127.0.0.1:1"] } };
  const before = now().gossipKey;
  await expect(ROTATIONS["gossip-key"](wrong, async () => 0)).rejects.toThrow(/ECONNREFUSED/);
  expect(now().previous?.gossipKey).toBe(before); // the next run goes on
});
