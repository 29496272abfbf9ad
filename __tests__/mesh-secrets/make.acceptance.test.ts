import "reflect-metadata";
import { execFile } from "node:child_process";
import { createPrivateKey, KeyObject, webcrypto, X509Certificate } from "node:crypto";
import { chmodSync, existsSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { X509CertificateGenerator } from "@peculiar/x509";
import { SECRETS_VARIABLE } from "../../mesh-secrets";
import { makeSecrets } from "../../mesh-secrets/make";
import { replaceSecrets } from "../../mesh-secrets/write";
import { Project } from "../support/secrets-folder";
import { edited, fullDeclaration, meshOf, publicKey } from "../support/shop";

const DAY_MS = 24 * 3600 * 1000;
const mode = (path: string): number => statSync(path).mode & 0o777;
const later = (days: number): Date => new Date(Date.now() + days * DAY_MS);
const hostKey = publicKey();

// Two processes on a busy computer.
jest.setTimeout(120_000);

async function ed25519Authority(): Promise<{ cert: string; key: string }> {
  const keys = (await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const cert = await X509CertificateGenerator.createSelfSigned({
    name: "CN=own",
    keys,
    signingAlgorithm: { name: "Ed25519" },
  });
  const key = KeyObject.from(keys.privateKey as webcrypto.CryptoKey).export({ type: "pkcs8", format: "pem" });
  return { cert: cert.toString("pem"), key: key.toString() };
}

let project: Project;
beforeEach(() => {
  project = new Project(meshOf(fullDeclaration()));
});
afterEach(() => project.remove());

describe("the first run", () => {
  test("makes all that the cluster needs, and says so", async () => {
    const { made, wanted, place } = await project.make();
    expect(place).toBe(project.file);
    expect(made).toEqual([
      "the key of Consul's gossip",
      "the management token",
      expect.stringMatching(/^the authority of the agents' certificates \(until 20\d\d-\d\d-\d\d\)$/),
      expect.stringMatching(/^the certificate of server1 \(until /),
    ]);
    expect(wanted).toEqual([]);
    const secrets = project.secrets();
    expect(Buffer.from(secrets.gossipKey, "base64")).toHaveLength(32);
    expect(secrets).toMatchObject({
      version: 1,
      managementToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
      services: {},
    });
  });

  test("keeps it for the owner alone, whatever the umask", async () => {
    const before = process.umask(0);
    await project.make();
    process.umask(before);
    expect(mode(project.file)).toBe(0o600);
    expect(mode(join(project.folder, "secrets"))).toBe(0o700);
    expect(readdirSync(join(project.folder, "secrets"))).toEqual(["shop.json"]);
  });

  test("tells no secret", async () => {
    const told = JSON.stringify(await project.make());
    const { gossipKey, managementToken, ca } = project.secrets();
    for (const secret of [gossipKey, managementToken, ca.key, ca.cert]) expect(told).not.toContain(secret);
    expect(told).not.toContain("PRIVATE KEY");
  });
});

describe("certificates", () => {
  test("a server's is of the authority, for its names and addresses, as server and as client", async () => {
    await project.make();
    const { ca, servers } = project.secrets();
    const [authority, server] = [new X509Certificate(ca.cert), new X509Certificate(servers.server1?.cert ?? "")];
    expect(authority.ca).toBe(true);
    expect(server.ca).toBe(false);
    expect(server.checkIssued(authority) && server.verify(authority.publicKey)).toBe(true);
    expect(server.checkPrivateKey(createPrivateKey(servers.server1?.key ?? ""))).toBe(true);
    expect(server.subjectAltName?.split(", ").sort()).toEqual([
      "DNS:localhost",
      "DNS:server.dc1.consul",
      "DNS:server1.server.dc1.consul",
      "IP Address:10.77.0.10",
      "IP Address:127.0.0.1",
    ]);
    expect(server.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    expect(server.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  });

  test("a server with a host name is in it by that name", async () => {
    const mesh = meshOf(edited((mesh) => (mesh.nodes.server1.address = "consul.example.org")));
    await project.make(mesh);
    const server = new X509Certificate(project.secrets().servers.server1?.cert ?? "");
    expect(server.subjectAltName).toContain("DNS:consul.example.org");
  });

  test("live a year and five years, a server's no longer than the authority", async () => {
    await project.make();
    const life = ({ validTo }: X509Certificate) => Math.round((Date.parse(validTo) - Date.now()) / DAY_MS);
    const { ca, servers } = project.secrets();
    expect(life(new X509Certificate(ca.cert))).toBe(5 * 365);
    expect(life(new X509Certificate(servers.server1?.cert ?? ""))).toBe(365);
    await project.make(project.mesh, later(5 * 365 - 100));
    expect(life(new X509Certificate(project.secrets().servers.server1?.cert ?? ""))).toBe(5 * 365);
  });
});

describe("a later run", () => {
  test("changes nothing when nothing lacks", async () => {
    await project.make();
    const before = [project.text(), statSync(project.file).mtimeMs];
    expect(await project.make()).toEqual({ place: project.file, made: [], wanted: [] });
    expect([project.text(), statSync(project.file).mtimeMs]).toEqual(before);
  });

  test("gives a new server its certificate and leaves the rest", async () => {
    await project.make();
    const before = project.secrets();
    const more = meshOf(edited((mesh) => (mesh.nodes.server2 = { role: "server", address: "10.77.0.20", hostKey })));
    expect((await project.make(more)).made).toEqual([expect.stringMatching(/^the certificate of server2 \(until /)]);
    const { servers, ...rest } = project.secrets();
    expect({ ...rest, servers: { server1: servers.server1 } }).toEqual(before);
    expect(new X509Certificate(servers.server2?.cert ?? "").checkIP("10.77.0.20")).toBe("10.77.0.20");
  });

  test("replaces a server's certificate in its last 30 days", async () => {
    await project.make();
    expect((await project.make(project.mesh, later(334))).made).toEqual([]);
    const { made } = await project.make(project.mesh, later(336));
    expect(made).toEqual([expect.stringMatching(/^the certificate of server1 \(the one before ends on 20/)]);
  });

  test("replaces a server's certificate when its address changed", async () => {
    await project.make();
    const moved = meshOf(edited((mesh) => (mesh.nodes.server1.address = "10.77.0.99")));
    expect((await project.make(moved)).made).toEqual([
      "the certificate of server1 (the one before is not for 10.77.0.99)",
    ]);
  });

  test("says when the authority ends, and how to have another", async () => {
    await project.make();
    const { wanted } = await project.make(project.mesh, later(5 * 365 - 80));
    expect(wanted).toEqual([expect.stringMatching(/^ca: the authority ends on 20.*npm run rotate -- --authority/)]);
    const { ca: _ca, ...rest } = project.secrets();
    project.write(rest);
    expect((await project.make()).made).toEqual([
      expect.stringContaining("the authority"),
      "the certificate of server1 (the one before is not of the authority in `ca`)",
    ]);
  });

  test("closes a file that others could read, and writes through a link", async () => {
    await project.make();
    chmodSync(project.file, 0o644);
    expect((await project.make()).made).toEqual(["its mode 0600: others could read it"]);
    expect(mode(project.file)).toBe(0o600);
    const elsewhere = join(project.folder, "elsewhere.json");
    renameSync(project.file, elsewhere);
    symlinkSync(elsewhere, project.file);
    await project.make(project.mesh, later(340));
    expect(readdirSync(project.folder).sort()).toEqual(["elsewhere.json", "secrets"]);
    expect(statSync(elsewhere).ino).toBe(statSync(project.file).ino);
  });

  /** A mesh with one server more. */
  const withServer = (name: string, address: string) =>
    edited((mesh) => (mesh.nodes[name] = { role: "server", address, hostKey }));

  test("two at once: one makes the file, the other completes it", async () => {
    const [first, second] = await Promise.all([
      project.make(),
      project.make(meshOf(withServer("server2", "10.77.0.20"))),
    ]);
    const made = [...first.made, ...second.made].map((one) => one.replace(/ \(.*/, "")).sort();
    expect(made.filter((one) => one === "the management token")).toHaveLength(1);
    expect(Object.keys(project.secrets().servers).sort()).toEqual(["server1", "server2"]);
    expect(readdirSync(join(project.folder, "secrets"))).toEqual(["shop.json"]);
  });

  test("of two processes at once, none loses what the other made", async () => {
    await project.make();
    const program = join(project.folder, "make.mts");
    writeFileSync(
      program,
      `import { existsSync, writeFileSync } from "node:fs";
       import { makeSecrets } from ${JSON.stringify(resolve("mesh-secrets/make.ts"))};
       const [mesh, mine, other] = process.argv.slice(2);
       writeFileSync(mine, "");
       while (!existsSync(other)) await new Promise((done) => setTimeout(done, 5));
       await makeSecrets(JSON.parse(mesh), { folder: ${JSON.stringify(project.folder)}, environment: {} });`,
    );
    const make = (mesh: unknown, mine: string, other: string) =>
      promisify(execFile)(process.execPath, [
        ...["--import", "tsx", program, JSON.stringify(meshOf(mesh))],
        ...[join(project.folder, mine), join(project.folder, other)],
      ]);
    await Promise.all([
      make(withServer("server2", "10.77.0.20"), "one", "two"),
      make(withServer("server3", "10.77.0.30"), "two", "one"),
    ]);
    expect(Object.keys(project.secrets().servers).sort()).toEqual(["server1", "server2", "server3"]);
  });

  test("a lock that a killed run left is named with what to do", async () => {
    await project.make();
    writeFileSync(`${project.file}.lock`, "");
    const before = project.secrets();
    const replaced = replaceSecrets(project.file, before, { ...before, servers: {} }, 50);
    await expect(replaced).rejects.toThrow(/shop\.json\.lock is there: .* If none runs, remove it/);
    expect(project.secrets()).toEqual(before);
    expect(readdirSync(join(project.folder, "secrets")).sort()).toEqual(["shop.json", "shop.json.lock"]);
  });
});

describe("an authority of the user's own", () => {
  test("without its key the servers' certificates are asked for, not made", async () => {
    await project.make();
    const { ca, servers: _servers, ...rest } = project.secrets();
    project.write({ ...rest, ca: { cert: ca.cert } });
    const { made, wanted } = await project.make();
    expect(made).toEqual([]);
    expect(wanted).toEqual([
      "servers.server1: it has no certificate, and the authority is your own: put one here, with its key",
    ]);
  });

  test("an Ed25519 key signs nothing here, and the file stays", async () => {
    await project.make();
    const before = project.secrets();
    project.write({ ...before, servers: {}, ca: await ed25519Authority() });
    const text = project.text();
    await expect(project.make()).rejects.toThrow(/ca\.key is a key of the kind ed25519/);
    expect(project.text()).toBe(text);
  });
});

describe("values of services' secret variables", () => {
  const wanting = (existing: boolean) =>
    meshOf(
      edited((mesh) => {
        mesh.consul.existing = existing;
        mesh.services.frontend.run.secrets = { API_KEY: { version: "1" }, DB: { version: "1" } };
      }),
    );

  test("are asked for by name, not made", async () => {
    const { made, wanted } = await project.make(wanting(false));
    expect(made).toHaveLength(4);
    expect(wanted).toEqual([
      "services.frontend.API_KEY: write its value there",
      "services.frontend.DB: write its value there",
    ]);
    project.write({ ...project.secrets(), services: { frontend: { API_KEY: "hunter2" } } });
    const again = await project.make(wanting(false));
    expect(again.wanted).toEqual(["services.frontend.DB: write its value there"]);
    expect(JSON.stringify(again)).not.toContain("hunter2");
    expect(project.secrets().services).toEqual({ frontend: { API_KEY: "hunter2" } });
  });

  test("have a file to be written into, closed to others, where Consul already runs", async () => {
    const { made, wanted } = await project.make(wanting(true));
    expect(made).toEqual([]);
    expect(wanted).toHaveLength(2);
    expect(mode(project.file)).toBe(0o600);
    expect(project.secrets()).toEqual({ version: 1, servers: {}, services: {} });
  });
});

test("a mesh that needs no secret gets none", async () => {
  const open = { acl: false, tls: false, gossipEncryption: false };
  const mesh = meshOf(edited((draft) => Object.assign(draft.consul, open)));
  expect(await project.make(mesh)).toMatchObject({ made: [], wanted: [] });
  expect(existsSync(project.file)).toBe(false);
});

test("where Consul already runs nothing is made", async () => {
  const mesh = meshOf(edited((mesh) => (mesh.consul.existing = true)));
  expect(await project.make(mesh)).toMatchObject({ made: [], wanted: [] });
  expect(existsSync(project.file)).toBe(false);
});

test("secrets in the variable are looked at, not written", async () => {
  await project.make();
  const { gossipKey: _gossipKey, ...rest } = project.secrets();
  const folder = join(project.folder, "fresh");
  const made = await makeSecrets(project.mesh, { folder, environment: { [SECRETS_VARIABLE]: JSON.stringify(rest) } });
  expect(made).toEqual({
    place: SECRETS_VARIABLE,
    made: [],
    wanted: [
      `the key of Consul's gossip: not in ${SECRETS_VARIABLE}; make it where the file is, with the variable unset`,
    ],
  });
  expect(existsSync(folder)).toBe(false);
});
