import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigEntry } from "@cdktf/provider-consul/lib/config-entry";
import { ConsulProvider } from "@cdktf/provider-consul/lib/provider";
import { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { App, TerraformStack } from "cdktf";
import { chooseProviders, type ProviderChoice } from "../../terraform";
import { type ConsulAgent, startConsul } from "../support/consul-agent";
import { ENTRIES, type Entry, entryResources, idOf } from "../support/entries";
import { TerraformFolder } from "../support/terraform-folder";

// Whichever providers are in use (the real ones or the stand-ins) have to pass this. Where Consul can neither be found
// nor built, the suite says so and counts as skipped.
const made = spawnSync(process.execPath, ["--import", "tsx", join(__dirname, "../../toolchain/part.ts"), "consul"]);
if (made.status !== 0) console.warn(`SKIPPED: the providers were not tried, there is no Consul here.\n${made.stderr}`);
const suite = made.status === 0 ? describe : describe.skip;
jest.setTimeout(180_000); // several runs of Terraform in one test

suite("the Terraform providers in use, against a real Consul", () => {
  let choice: ProviderChoice;
  let consul: ConsulAgent;
  let terraform: TerraformFolder;
  const inFolder = (name: string) => join(terraform.path, name);

  function mesh(changes: { entries?: Entry[]; trigger?: string; resources?: Record<string, unknown> } = {}) {
    const runs = { "local-exec": { command: `echo ran >> ${inFolder("runs")}` } };
    terraform.write({
      provider: { consul: { address: consul.address, datacenter: "dc1" } },
      resource: {
        consul_config_entry: entryResources(changes.entries ?? ENTRIES),
        local_file: {
          unit: { filename: inFolder("out/worker1/a.service"), content: "[Unit]\n", file_permission: "0640" },
        },
        null_resource: { instance: { triggers: { content: changes.trigger ?? "1" }, provisioner: runs } },
      },
    });
  }

  beforeAll(async () => {
    choice = await chooseProviders(() => {});
    consul = await startConsul(made.stdout.toString().trim());
    terraform = new TerraformFolder(choice.env);
    mesh();
    await terraform.run("init", "-input=false");
    await terraform.apply();
  }, 600_000);

  afterAll(async () => {
    await consul?.stop();
    terraform?.remove();
  });

  beforeEach(() => mesh());

  test.each(ENTRIES)("stores $kind/$name exactly as written", async ({ kind, name, config }) => {
    expect(await consul.entry(kind, name)).toEqual({ Kind: kind, Name: name, ...config });
  });

  test("plans nothing after an apply", async () => {
    expect(await terraform.plan()).toBe("none");
  });

  test("plans nothing when only the order of keys changes", async () => {
    mesh({ entries: ENTRIES.map((entry) => ({ ...entry, config: reversed(entry.config) })) });
    expect(await terraform.plan()).toBe("none");
  });

  test("changes one entry in place", async () => {
    const changed = ENTRIES.map((entry) => (entry.kind === "service-resolver" ? slower(entry) : entry));
    mesh({ entries: changed });
    expect(await terraform.plan()).toEqual(["consul_config_entry.service-resolver_backend will be updated in-place"]);
    await terraform.apply();
    expect(await consul.entry("service-resolver", "backend")).toMatchObject({ ConnectTimeout: "9s" });
    expect(await terraform.plan()).toBe("none");
    mesh();
    await terraform.apply();
  });

  test("repairs an entry that was changed by hand", async () => {
    const stored = await consul.entry("service-intentions", "backend");
    await consul.put({ Kind: "service-intentions", Name: "backend", Sources: [{ Name: "frontend", Action: "allow" }] });
    expect(await terraform.plan()).toEqual(["consul_config_entry.service-intentions_backend will be updated in-place"]);
    await terraform.apply();
    expect(await consul.entry("service-intentions", "backend")).toEqual(stored);
  });

  test("writes an entry again that was deleted by hand", async () => {
    await consul.remove("service-router", "frontend");
    expect(await terraform.plan()).toEqual(["consul_config_entry.service-router_frontend will be created"]);
    await terraform.apply();
    expect(await consul.entry("service-router", "frontend")).toBeDefined();
    expect(await terraform.plan()).toBe("none");
  });

  test("takes over an entry by import", async () => {
    const address = "consul_config_entry.service-defaults_frontend";
    await terraform.run("state", "rm", address);
    await terraform.run("import", "-input=false", address, "service-defaults/frontend");
    expect(await terraform.plan()).toBe("none");
  });

  test("says which entry Consul refused, and why", async () => {
    const wrong = { kind: "service-defaults", name: "frontend", config: { Protocol: "tcp" } };
    mesh({ entries: ENTRIES.map((entry) => (idOf(entry) === idOf(wrong) ? wrong : entry)) });
    const { code, printed } = await terraform.try("apply", "-auto-approve", "-input=false");
    expect(code).toBe(1);
    expect(printed).toContain("service-defaults_frontend");
    // Consul names whichever of the two it comes upon first.
    expect(printed.replaceAll(/[\s│]+/g, " ")).toMatch(
      /service "(backend|frontend)" has "(http|tcp)" which is not "(tcp|http)"/,
    );
  });

  test("writes a file with its mode and repairs it when it is edited or deleted", async () => {
    const file = inFolder("out/worker1/a.service");
    expect(statSync(file).mode & 0o777).toBe(0o640);
    for (const spoil of [() => writeFileSync(file, "edited"), () => rmSync(file)]) {
      spoil();
      expect(await terraform.plan()).toEqual(["local_file.unit will be created"]);
      await terraform.apply();
      expect(readFileSync(file, "utf8")).toBe("[Unit]\n");
    }
  });

  test("replaces a null_resource when a trigger changes, which runs its provisioner again", async () => {
    mesh({ trigger: "2" });
    expect(await terraform.plan()).toEqual(["null_resource.instance must be replaced"]);
    await terraform.apply();
    expect(readFileSync(inFolder("runs"), "utf8")).toBe("ran\nran\n");
    expect(await terraform.plan()).toBe("none");
  });

  test("refuses a misspelt key instead of dropping it (stand-ins only)", async () => {
    if (choice.from !== "stand-ins") return console.warn("SKIPPED: the real provider drops unknown keys in silence");
    mesh({ entries: [{ kind: "service-defaults", name: "frontend", config: { Protcol: "http" } }] });
    const { code, printed } = await terraform.try("validate");
    expect(code).toBe(1);
    expect(printed).toMatch(/service-defaults\/frontend has unknown keys[\s\S]*Protcol/);
  });

  test("takes what cdktf writes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-cdktf-"));
    synthesize(folder, consul.address);
    const synthesized = JSON.parse(readFileSync(join(folder, "stacks/mesh/cdk.tf.json"), "utf8"));
    terraform.write(synthesized);
    expect(await terraform.run("validate")).toContain("The configuration is valid");
    rmSync(folder, { recursive: true });
  });

  test("destroys everything that it made", async () => {
    await terraform.run("destroy", "-auto-approve", "-input=false");
    for (const { kind, name } of ENTRIES) expect(await consul.entry(kind, name)).toBeUndefined();
    expect(existsSync(inFolder("out/worker1/a.service"))).toBe(false);
  });
});

function reversed(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).reverse());
}

function slower(entry: Entry): Entry {
  return { ...entry, config: { ...entry.config, ConnectTimeout: "9s" } };
}

function synthesize(outdir: string, address: string): void {
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "mesh");
  new ConsulProvider(stack, "consul", { address, datacenter: "dc1", header: [{ name: "x-a", value: "b" }] });
  new LocalProvider(stack, "local");
  new NullProvider(stack, "null");
  const instance = new Resource(stack, "instance", { triggers: { content: "1" } });
  new File(stack, "unit", { filename: "a", content: instance.id, filePermission: "0644", directoryPermission: "0755" });
  const [{ kind, name, config }] = ENTRIES as [Entry];
  new ConfigEntry(stack, "entry", { kind, name, configJson: JSON.stringify(config), dependsOn: [instance] });
  app.synth();
}
