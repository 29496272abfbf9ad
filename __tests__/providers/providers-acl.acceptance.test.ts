import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chooseProviders } from "../../terraform";
import { type ConsulAgent, startConsul } from "../support/consul-agent";
import { TerraformFolder } from "../support/terraform-folder";

// ACL policies and tokens with whichever consul provider is in use, against a Consul that denies by default.
const made = spawnSync(process.execPath, ["--import", "tsx", join(__dirname, "../../toolchain/part.ts"), "consul"]);
if (made.status !== 0) console.warn(`SKIPPED: the providers were not tried, there is no Consul here.\n${made.stderr}`);
const suite = made.status === 0 ? describe : describe.skip;
jest.setTimeout(180_000); // several runs of Terraform in one test

const MANAGEMENT = "6f1f3f0a-6f0e-4d0c-9a34-0c43f3f0d6d1";
const ACL_ON = `acl { enabled = true, default_policy = "deny", tokens { initial_management = "${MANAGEMENT}" } }`;

const POLICY = {
  name: "reads-nodes",
  description: "For the test.",
  rules: 'node_prefix "" { policy = "read" }',
  datacenters: ["dc1"],
};
const TOKENS = {
  agent: { description: "agent worker1", node_identities: [{ node_name: "worker1", datacenter: "dc1" }] },
  service: {
    description: "service frontend",
    service_identities: [{ service_name: "frontend", datacenters: ["dc1"] }],
  },
  gateway: {
    description: "gateway",
    policies: ["${consul_acl_policy.reads.name}"],
    local: true,
    service_identities: [{ service_name: "gateway" }],
    templated_policies: [{ template_name: "builtin/service", template_variables: [{ name: "gateway" }] }],
  },
};

interface Token {
  AccessorID: string;
  SecretID: string;
  Description: string;
  Local: boolean;
  Policies?: { Name: string }[];
  ServiceIdentities?: { ServiceName: string; Datacenters?: string[] }[];
  NodeIdentities?: { NodeName: string; Datacenter: string }[];
}

suite("ACLs with the consul provider in use", () => {
  let consul: ConsulAgent;
  let terraform: TerraformFolder;

  beforeAll(async () => {
    const choice = await chooseProviders(() => {});
    consul = await startConsul(made.stdout.toString().trim(), ACL_ON);
    terraform = new TerraformFolder(choice.env);
    write();
    await terraform.run("init", "-input=false");
    await terraform.apply();
  }, 600_000);

  afterAll(async () => {
    await consul?.stop();
    terraform?.remove();
  });

  beforeEach(() => write());

  function write(changes: { token?: string; policy?: object; tokens?: Record<string, object> } = {}): void {
    const tokens = { ...TOKENS, ...changes.tokens };
    const names = Object.keys(tokens);
    terraform.write({
      provider: { consul: { address: consul.address, datacenter: "dc1", token: changes.token ?? MANAGEMENT } },
      resource: { consul_acl_policy: { reads: { ...POLICY, ...changes.policy } }, consul_acl_token: tokens },
      data: {
        consul_acl_token_secret_id: Object.fromEntries(
          names.map((name) => [name, { accessor_id: `\${consul_acl_token.${name}.accessor_id}` }]),
        ),
      },
      output: Object.fromEntries(
        names.map((name) => [
          name,
          { sensitive: true, value: `\${data.consul_acl_token_secret_id.${name}.secret_id}` },
        ]),
      ),
    });
  }

  async function api<T>(path: string, method = "GET", body?: object, token = MANAGEMENT): Promise<T> {
    const headers = { "X-Consul-Token": token };
    const response = await fetch(`http://${consul.address}/v1/${path}`, {
      method,
      headers,
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async function tokenOf(name: string): Promise<Token> {
    const listed = await api<Token[]>("acl/tokens");
    const id = listed.find(({ Description }) => Description === name)?.AccessorID;
    return api<Token>(`acl/token/${id}`);
  }

  const secretOf = async (name: string) => (await terraform.run("output", "-raw", name)).trim();

  test("makes tokens with the rights that are declared and no others", async () => {
    expect(await tokenOf("agent worker1")).toMatchObject({
      NodeIdentities: [{ NodeName: "worker1", Datacenter: "dc1" }],
      Local: false,
    });
    const service = await tokenOf("service frontend");
    expect(service.ServiceIdentities).toEqual([{ ServiceName: "frontend", Datacenters: ["dc1"] }]);
    expect(service).not.toHaveProperty("NodeIdentities");
    const gateway = await tokenOf("gateway");
    expect(gateway).toMatchObject({ Local: true, Policies: [{ Name: "reads-nodes" }] });
    expect(gateway.ServiceIdentities).toEqual([{ ServiceName: "gateway" }]);
  });

  test("gives the secret of a token, and it works", async () => {
    const { SecretID } = await tokenOf("service frontend");
    expect(await secretOf("service")).toBe(SecretID);
    expect(await api<Token>("acl/token/self", "GET", undefined, SecretID)).toMatchObject({
      Description: "service frontend",
    });
  });

  test("prints no secret, and keeps one nowhere but in the data source and the output", async () => {
    const { SecretID } = await tokenOf("service frontend");
    const { printed } = await terraform.try("plan", "-input=false");
    expect(printed).not.toContain(SecretID);
    const state = JSON.parse(readFileSync(join(terraform.path, "terraform.tfstate"), "utf8"));
    const holders = state.resources.filter((resource: object) => JSON.stringify(resource).includes(SecretID));
    expect(holders.map(({ type }: { type: string }) => type)).toEqual(["consul_acl_token_secret_id"]);
  });

  test("plans nothing after an apply", async () => {
    expect(await terraform.plan()).toBe("none");
  });

  test("changes a token and a policy in place, the secret stays", async () => {
    const before = await secretOf("service");
    // One: of several Consul tells any order, where the provider has a list.
    const service_identities = [{ service_name: "backend" }];
    write({
      policy: { rules: 'node "a" { policy = "read" }' },
      tokens: { service: { ...TOKENS.service, service_identities } },
    });
    expect(await terraform.plan()).toEqual([
      "data.consul_acl_token_secret_id.service will be read during apply",
      "consul_acl_policy.reads will be updated in-place",
      "consul_acl_token.service will be updated in-place",
    ]);
    await terraform.apply();
    expect(await terraform.plan()).toBe("none");
    expect((await tokenOf("service frontend")).ServiceIdentities).toMatchObject([{ ServiceName: "backend" }]);
    expect(await secretOf("service")).toBe(before);
    write();
    await terraform.apply();
  });

  test("replaces a token that is to be local", async () => {
    write({ tokens: { service: { ...TOKENS.service, local: true } } });
    expect(await terraform.plan()).toContain("consul_acl_token.service must be replaced");
  });

  test("repairs a token and a policy that were changed by hand", async () => {
    const token = await tokenOf("service frontend");
    await api(`acl/token/${token.AccessorID}`, "PUT", { ...token, Policies: [{ Name: "global-management" }] });
    const [policy] = (await api<{ ID: string; Name: string }[]>("acl/policies")).filter(
      ({ Name }) => Name === POLICY.name,
    );
    await api(`acl/policy/${policy?.ID}`, "PUT", { ...policy, Rules: 'operator = "write"' });
    expect(await terraform.plan()).toEqual([
      "data.consul_acl_token_secret_id.service will be read during apply",
      "consul_acl_policy.reads will be updated in-place",
      "consul_acl_token.service will be updated in-place",
    ]);
    await terraform.apply();
    expect((await tokenOf("service frontend")).Policies).toBeUndefined();
    expect(await terraform.plan()).toBe("none");
  });

  test("plans a token and a policy again that were deleted by hand", async () => {
    const before = await tokenOf("service frontend");
    await api(`acl/token/${before.AccessorID}`, "DELETE");
    expect(await terraform.plan()).toContain("consul_acl_token.service will be created");
    await terraform.apply();
    const after = await tokenOf("service frontend");
    expect(after.AccessorID).not.toBe(before.AccessorID);
    expect(await secretOf("service")).toBe(after.SecretID);
    expect(await terraform.plan()).toBe("none");
  });

  test("takes over a token and a policy by import", async () => {
    const token = await tokenOf("gateway");
    const policies = await api<{ ID: string; Name: string }[]>("acl/policies");
    const policy = policies.find(({ Name }) => Name === POLICY.name);
    for (const [address, id] of [
      ["consul_acl_policy.reads", policy?.ID ?? ""],
      ["consul_acl_token.gateway", token.AccessorID],
    ] as const) {
      await terraform.run("state", "rm", address);
      await terraform.run("import", "-input=false", address, id);
    }
    expect(await terraform.plan()).toBe("none");
  });

  test("makes a token under a given accessor id", async () => {
    const accessor_id = "0b9a3f54-7a3c-4d4c-8a53-9d5f2e5a1c11";
    write({ tokens: { given: { accessor_id, description: "given", expiration_time: "2100-01-01T00:00:00+01:00" } } });
    await terraform.apply();
    expect((await tokenOf("given")).AccessorID).toBe(accessor_id);
    expect(await terraform.plan()).toBe("none");
    write();
    await terraform.apply();
  });

  test("does not take every token for deleted when its own is unknown (stand-ins only)", async () => {
    if ((await chooseProviders(() => {})).from !== "stand-ins") {
      return console.warn("SKIPPED: the real provider takes them for deleted");
    }
    write({ token: "00000000-1111-2222-3333-444444444444" });
    const { code, printed } = await terraform.try("plan", "-input=false");
    expect(code).toBe(1);
    expect(printed).toContain("ACL not found");
  });

  test("destroys what it made", async () => {
    await terraform.run("destroy", "-auto-approve", "-input=false");
    const left = (await api<Token[]>("acl/tokens")).map(({ Description }) => Description);
    expect(left).toEqual(expect.not.arrayContaining(Object.values(TOKENS).map(({ description }) => description)));
    expect(left).toHaveLength(2); // anonymous and management
  });
});
