import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyPair } from "../../mesh-secrets";
import { makeAuthority, makeServerCertificate } from "../../mesh-secrets";
import { chooseProviders } from "../../terraform";
import { type ConsulAgent, freePorts, startConsul } from "../support/consul-agent";
import { TerraformFolder } from "../support/terraform-folder";

// The consul provider in use over TLS with our own certificates, against an API that wants a client's certificate.
const made = spawnSync(process.execPath, ["--import", "tsx", join(__dirname, "../../toolchain/part.ts"), "consul"]);
if (made.status !== 0) console.warn(`SKIPPED: the providers were not tried, there is no Consul here.\n${made.stderr}`);
const suite = made.status === 0 ? describe : describe.skip;
jest.setTimeout(180_000); // several runs of Terraform in one test

const MANAGEMENT = "6f1f3f0a-6f0e-4d0c-9a34-0c43f3f0d6d1";
/** Go's message when the other side ends a connection for want of a certificate. */
const refused = /tls: |client conn could not be established|broken pipe|reset/;
const names = { node: "server1", datacenter: "dc1", address: "127.0.0.1" };

suite("the consul provider in use, over TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-tls-"));
  let consul: ConsulAgent;
  let terraform: TerraformFolder;
  let authority: KeyPair;
  let server: KeyPair;
  let https: string;

  beforeAll(async () => {
    authority = await makeAuthority("test", new Date());
    server = await makeServerCertificate(authority, names, new Date());
    const files = { ca: authority.cert, cert: server.cert, key: server.key };
    for (const [name, text] of Object.entries(files)) writeFileSync(file(name), text, { mode: 0o600 });
    const [port] = (await freePorts(1)) as [number];
    https = `127.0.0.1:${port}`;
    consul = await startConsul(made.stdout.toString().trim(), locked(port));
    terraform = new TerraformFolder((await chooseProviders(() => {})).env);
    write(whole());
    await terraform.run("init", "-input=false");
    await terraform.apply();
  }, 600_000);

  afterAll(async () => {
    await consul?.stop();
    terraform?.remove();
    rmSync(folder, { recursive: true });
  });

  const file = (name: string) => join(folder, `${name}.pem`);
  const whole = () => ({
    address: https,
    scheme: "https",
    token: MANAGEMENT,
    ca_pem: authority.cert,
    cert_pem: server.cert,
    key_pem: server.key,
  });

  const locked = (port: number) => `
    acl { enabled = true, default_policy = "deny", tokens { initial_management = "${MANAGEMENT}" } }
    ports { https = ${port} }
    tls { defaults { ca_file = "${file("ca")}", cert_file = "${file("cert")}", key_file = "${file("key")}", verify_incoming = true, verify_outgoing = true }
          internal_rpc { verify_server_hostname = true } }`;

  function write(consul: object): void {
    terraform.write({
      provider: { consul: { datacenter: "dc1", ...consul } },
      resource: { consul_acl_policy: { nothing: { name: "nothing", rules: "" } } },
    });
  }

  async function faultWith(consul: object): Promise<string> {
    write(consul);
    const { code, printed } = await terraform.try("plan", "-input=false");
    expect(code).toBe(1);
    return printed.replaceAll(/[\s│]+/g, " ");
  }

  test("works with the certificates as texts, as they come out of the secrets", async () => {
    write(whole());
    expect(await terraform.plan()).toBe("none");
  });

  test("works with the certificates as files", async () => {
    write({
      address: https,
      scheme: "https",
      token: MANAGEMENT,
      ca_file: file("ca"),
      cert_file: file("cert"),
      key_file: file("key"),
    });
    expect(await terraform.plan()).toBe("none");
  });

  test("takes them from the environment that Consul's own commands read", async () => {
    const env = {
      CONSUL_HTTP_ADDR: https,
      CONSUL_HTTP_SSL: "true",
      CONSUL_HTTP_TOKEN: MANAGEMENT,
      CONSUL_CACERT: file("ca"),
      CONSUL_CLIENT_CERT: file("cert"),
      CONSUL_CLIENT_KEY: file("key"),
    };
    write({});
    Object.assign(terraform.env, env);
    expect(await terraform.plan()).toBe("none");
    for (const name of Object.keys(env)) delete terraform.env[name];
  });

  test("fails without the authority, with another's, and with no certificate of its own", async () => {
    const { ca_pem: _ca, ...withoutAuthority } = whole();
    expect(await faultWith(withoutAuthority)).toMatch(/unknown authority/);
    const other = await makeAuthority("other", new Date());
    expect(await faultWith({ ...whole(), ca_pem: other.cert })).toMatch(/unknown authority/);
    const foreign = await makeServerCertificate(other, names, new Date());
    expect(await faultWith({ ...whole(), cert_pem: foreign.cert, key_pem: foreign.key })).toMatch(refused);
    const { cert_pem: _cert, key_pem: _key, ...withoutCertificate } = whole();
    expect(await faultWith(withoutCertificate)).toMatch(refused);
  });

  test("insecure_https skips the check of the server alone", async () => {
    const { ca_pem: _ca, ...withoutAuthority } = whole();
    write({ ...withoutAuthority, insecure_https: true });
    expect(await terraform.plan()).toBe("none");
    expect(await faultWith({ ...whole(), scheme: "http", insecure_https: true })).toMatch(/insecure_https/);
  });
});
