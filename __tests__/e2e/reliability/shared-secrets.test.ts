/** The secrets that all agents share are replaced while requests flow, with three servers. */
import { keysOf } from "../../../lab";
import { makeSecrets, readSecrets } from "../../../mesh-secrets";
import { checkMesh, hostKeyFrom, nodeFiles } from "../../../model";
import { output } from "../../../toolchain";
import { underClientLoad } from "../support/client";
import { doctorVerdict } from "../support/doctor";
import { asOperator, deploy, describeOnLab, freshLab, meshFile, on, type Run } from "../support/mesh";
import { gatewayUrls, roll, twice } from "../support/rollout";

jest.setTimeout(900_000);

const SERVERS = ["server1", "server2", "server3"];
const mesh = twice();
for (const [at, name] of SERVERS.entries()) {
  mesh.nodes[name] ??= { role: "server", address: `10.77.0.${20 + at}`, hostKey: "" };
}

/** `npm run rotate`, as a person runs it, under a client that knows both gateways. */
const rotateUnderLoad = (change: string, option: string) =>
  roll(
    change,
    () => rotate(option),
    (run) => underClientLoad(gatewayUrls, run),
  );

async function rotate(option: string): Promise<Run> {
  const env = { ...process.env, GATEHOUSE_MESH: meshFile, FORCE_COLOR: "0", CI: "1" };
  const command = ["bin/gatehouse.js", "rotate", option, "--auto-approve"];
  const { exitCode, stdout, stderr } = await output(process.execPath, command, {}, { env });
  if (exitCode !== 0) throw new Error(`rotate failed:\n${stdout.slice(-2000)}\n${stderr.slice(-6000)}`);
  return { exitCode, text: `${stdout}\n${stderr}` };
}

/** The process of each node's agent. */
const agents = () =>
  Promise.all(Object.keys(mesh.nodes).map((node) => on(node, "systemctl show -p MainPID --value consul")));

const secrets = () => readSecrets("lab")!;
const authorityOn = (node: string) => on(node, "cat /etc/consul.d/tls/ca.pem");

describeOnLab("under load", () => {
  beforeAll(async () => {
    await freshLab(mesh);
    // The lab has made them now.
    for (const name of SERVERS) mesh.nodes[name]!.hostKey = hostKeyFrom(`${keysOf(name)}/ssh_host_ed25519_key.pub`);
    const checked = checkMesh(mesh, nodeFiles());
    if ("problems" in checked) throw new Error(JSON.stringify(checked.problems));
    await makeSecrets(checked.mesh);
    await deploy(mesh);
  });

  test("the authority of the agents' certificates is replaced", async () => {
    const before = secrets().ca!;
    const { load } = await rotateUnderLoad("the authority replaced", "--authority");
    const after = secrets().ca!;
    expect(after.cert).not.toBe(before.cert);
    expect(Object.keys(after).sort()).toEqual(["cert", "key"]);
    for (const node of Object.keys(mesh.nodes)) expect(await authorityOn(node)).toBe(after.cert.trim());
    expect(await on("server1", "openssl verify -CAfile /etc/consul.d/tls/ca.pem /etc/consul.d/tls/server.pem")).toMatch(
      /OK$/,
    );
    expect(load).toMatchObject({ failed: 0 });
    expect(await doctorVerdict(mesh)).toEqual([]);
  });

  test("the management token is replaced, and the old one is good for nothing", async () => {
    const old = secrets().managementToken;
    const { load } = await rotateUnderLoad("the management token replaced", "--management-token");
    expect(secrets().managementToken).not.toBe(old);
    expect(secrets().previous).toBeUndefined();
    const peers = (token: string) =>
      on("server1", `CONSUL_HTTP_TOKEN=${token} consul operator raft list-peers 2>&1 || true`);
    expect(await peers(secrets().managementToken!)).toContain("server3");
    expect(await peers(old!)).toMatch(/403|not found/);
    expect(load).toMatchObject({ failed: 0 });
    expect(await doctorVerdict(mesh)).toEqual([]);
  });

  test("the gossip key is replaced in running agents, and agents know the new one alone", async () => {
    const old = secrets().gossipKey!;
    const before = await agents();
    const { load } = await rotateUnderLoad("the gossip key replaced", "--gossip-key");
    const now = secrets().gossipKey!;
    const keys = await on("server1", asOperator("consul keyring -list"));
    expect([keys.includes(now), keys.includes(old), now === old]).toEqual([true, false, false]);
    for (const node of Object.keys(mesh.nodes)) {
      const file = await on(node, "cat /etc/consul.d/gatehouse-secrets.json");
      expect([node, file.includes(now), file.includes(old)]).toEqual([node, true, false]);
    }
    expect(load).toMatchObject({ failed: 0 });
    expect(await agents()).toEqual(before); // an agent has its new key from the keyring
    expect(await doctorVerdict(mesh)).toEqual([]);
  });
});
