import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { linkDown, linkUp } from "../../lab";
import { readSecrets } from "../../mesh-secrets";
import type { MeshDeclaration } from "../../model";
import { output } from "../../toolchain";
import { backendOn, cdktf, declaration, deploy, describeOnLab, freshLab, on } from "./support/mesh";

jest.setTimeout(300_000);

interface Found {
  node: string;
  severity: string;
  check: string;
  found: string;
}

const folder = "lab/.state/e2e";

describeOnLab("the preflight", () => {
  beforeAll(() => freshLab());

  test("finds nothing on new machines", async () => {
    const { exitCode, text } = await preflight(declaration());
    expect(text).toContain("nothing is in the way");
    expect(exitCode).toBe(0);
  });

  test("tells every problem of every machine at once", async () => {
    const mesh = declaration();
    mesh.nodes.gateway1!.hostKey = mesh.nodes.server1!.hostKey;
    await Promise.all([on("worker1", spoil), linkDown("worker2")]);
    const { exitCode, findings } = await preflightJson(mesh);
    await Promise.all([on("worker1", repair), linkUp("worker2")]);
    expect(findings.map(({ node, severity, check }) => `${severity}: ${node}: ${check}`)).toEqual([
      "problem: gateway1: host key",
      "problem: worker1: programs",
      "problem: worker1: disk",
      "problem: worker1: port 9001",
      "problem: worker2: unreachable",
    ]);
    const told = findings.map(({ found }) => found).join("\n");
    expect(told).toMatch(/its ED25519 key is SHA256:/);
    expect(told).toContain("envoy is not there");
    expect(told).toMatch(/4\.\d MiB free for \/opt\/gatehouse, \/opt\/consul/);
    expect(told).toMatch(/held by perl \(process \d+, squatter\.service\)/);
    expect(exitCode).toBe(2);
  });

  test("stops npm run deploy before Terraform does anything", async () => {
    await on("worker1", squat);
    const { exitCode, text } = await npm(declaration(), "deploy", "--auto-approve");
    await on("worker1", "systemctl stop squatter");
    expect(text).toContain("problem: worker1: port 9001");
    expect(exitCode).toBe(1);
    expect(readFileSync("terraform.lab.cluster.tfstate", "utf8")).toBe(""); // as synth makes it
  });

  test("where it is left out, a machine without room still refuses before it changes anything", async () => {
    await on("server1", "mount -t tmpfs -o size=3m tmpfs /opt");
    const { exitCode, text } = await cdktf(declaration(), "deploy", "cluster", "--auto-approve");
    await on("server1", "umount /opt");
    expect(text).toContain("No space left on device");
    expect(text).toContain("error: gatehouse-node could not be copied to /opt/gatehouse/bin; nothing was changed");
    expect(exitCode).not.toBe(0);
    expect(await on("server1", "ls /etc/consul.d /etc/systemd/system/consul.service 2>/dev/null || true")).toBe("");
  });

  test("tells an agent that is going to be taken over, and a copy of its unit is kept", async () => {
    await on("worker1", handMadeAgent);
    const { findings } = await preflightJson(declaration());
    expect(findings).toMatchObject([{ severity: "note", node: "worker1", check: "consul.service" }]);
    await deploy(declaration());
    expect(await on("worker1", "grep -rh another /var/backups/gatehouse")).toBe("Description=another person's");
  });

  test("finds only the Envoy version worth a note in a deployed mesh, whose ports are held by its own units", async () => {
    const { exitCode, findings } = await preflightJson(declaration());
    expect(findings.filter(({ check, severity }) => check !== "envoy" || severity !== "note")).toEqual([]);
    expect(exitCode).toBe(0);
  });

  test("reports a stopped agent, and a hand-made unit under a name of ours", async () => {
    const mesh = declaration();
    mesh.services!.stock = backendOn(["worker1"], 9012);
    await Promise.all([on("worker2", "systemctl stop consul"), on("worker1", handMade)]);
    const { exitCode, findings } = await preflightJson(mesh);
    await Promise.all([on("worker2", "systemctl start consul"), on("worker1", handMadeGone)]);
    const told = findings.filter(({ check }) => check !== "envoy");
    expect(told.map(({ node, severity, check }) => `${severity}: ${node}: ${check}`)).toEqual([
      "problem: worker1: stock",
      "problem: worker2: consul agent",
    ]);
    expect(told[0]?.found).toMatch(/made by hand: .*stock\.service .*by_hand\.hcl/);
    expect(told.at(-1)?.found).toMatch(/^nothing answers at 127.0.0.1:8500, consul.service is (inactive|failed)$/);
    expect(exitCode).toBe(1);
  });

  test("lets npm run deploy go on where only notes are told, also where Consul is not ours", async () => {
    const mesh = declaration();
    mesh.consul.existing = true;
    const first = await npm(mesh, "deploy", "--auto-approve");
    expect(first.text).toMatch(/preflight of mesh lab: 4 nodes: \d notes?\.\n/);
    expect(first.text).toContain("Apply complete!"); // the machines' tokens
    const second = await npm(mesh, "deploy", "--auto-approve");
    expect(second.text).toContain("No changes.");
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
  });
});

/** Settings for a Consul that was there before. */
function consulsVariables(): Record<string, string> {
  const secrets = readSecrets("lab");
  if (!secrets) throw new Error("the lab has no secrets");
  const { managementToken = "", ca, servers } = secrets;
  const file = (name: string, text = "") => {
    writeFileSync(`${folder}/${name}`, text, { mode: 0o600 });
    return resolve(folder, name);
  };
  return {
    CONSUL_HTTP_TOKEN: managementToken,
    CONSUL_CACERT: file("ca.pem", ca?.cert),
    CONSUL_CLIENT_CERT: file("client.pem", servers.server1?.cert),
    CONSUL_CLIENT_KEY: file("client-key.pem", servers.server1?.key),
  };
}

/** As a person runs it. */
async function npm(mesh: MeshDeclaration, script: string, ...args: string[]) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/preflight.ts`, `export default ${JSON.stringify(mesh, null, 2)};\n`);
  const ours = { GATEHOUSE_MESH: `${folder}/preflight.ts`, FORCE_COLOR: "0", CI: "1" };
  const env = { ...process.env, ...ours, ...(mesh.consul.existing && consulsVariables()) };
  const { exitCode, stdout, stderr } = await output("npm", ["run", "-s", script, "--", ...args], {}, { env });
  return { exitCode, stdout, text: `${stdout}\n${stderr}` };
}

const preflight = (mesh: MeshDeclaration) => npm(mesh, "preflight");

async function preflightJson(mesh: MeshDeclaration): Promise<{ exitCode: number; findings: Found[] }> {
  const { exitCode, stdout, text } = await npm(mesh, "preflight", "--json");
  if (!stdout.startsWith("{")) throw new Error(text);
  const told = JSON.parse(stdout);
  expect(told.exitCode).toBe(exitCode);
  return told;
}

/** A process on the frontend's port. */
const squat = `
systemd-run --quiet --unit squatter perl -MIO::Socket::INET -e '@s = IO::Socket::INET->new(Listen => 1, ReuseAddr => 1, LocalPort => 9001); sleep'
for try in $(seq 50); do ss -Hltn sport = :9001 | grep -q . && break; sleep 0.1; done
`;

const spoil = `
${squat}
mount -t tmpfs -o size=4300k tmpfs /opt
mount --bind /etc/hostname /usr/local/bin/envoy
`;

const repair = `
systemctl stop squatter
umount /opt /usr/local/bin/envoy
`;

const handMadeAgent = `
printf "[Unit]\\nDescription=another person's\\n[Service]\\nExecStart=/bin/true\\n" >/etc/systemd/system/consul.service
systemctl daemon-reload
`;

const handMade = `
printf 'service {\\n  name = "stock"\\n}\\n' >/etc/consul.d/by_hand.hcl
printf '[Service]\\nExecStart=/bin/sleep 1000\\n' >/etc/systemd/system/stock.service
systemctl daemon-reload
`;

const handMadeGone = "rm /etc/consul.d/by_hand.hcl /etc/systemd/system/stock.service && systemctl daemon-reload";
