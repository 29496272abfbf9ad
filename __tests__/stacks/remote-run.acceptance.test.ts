import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { App } from "cdktf";
import { checkMesh, type Files, type Mesh, type MeshDeclaration, nodeFiles } from "../../model";
import { addStacks } from "../../stacks";
import type { Backend } from "../../stacks/backend-settings";
import { programs } from "../support/graph";
import { declaration } from "../support/shop";

const CLOUD: Backend = { kind: "cloud", organization: "shop-org", hostname: "tfe.shop.test", project: "Meshes" };
const SHA = "a".repeat(64);

let checkout: string;
/** The stacks' folders as `cloud` makes them, for whoever only reads. */
let cloud: string;
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), "gatehouse-checkout-"));
  writeBinary(checkout);
  cloud = synth(mkdtempSync(join(checkout, "cloud-")), CLOUD, meshIn(checkout));
});
afterAll(() => rmSync(checkout, { recursive: true }));

function writeBinary(folder: string): void {
  mkdirSync(join(folder, "build"), { recursive: true });
  writeFileSync(join(folder, "build/web"), "the program");
}

/** Without private keys anywhere, as in a runner of continuous integration. */
function meshIn(folder: string, changed: MeshDeclaration = declaration(), files: Partial<Files> = {}): Mesh {
  const result = checkMesh(changed, {
    look: (path) => (path.startsWith("keys/") ? "missing" : "executable"),
    absolute: (path) => join(folder, path),
    text: () => "",
    sha256: () => SHA,
    pack: () => ({ sha256: SHA, files: 1, bytes: 1 }),
    keysElsewhere: true,
    ...files,
  });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems, null, 2));
  return result.mesh;
}

function synth(folder: string, backend: Backend = CLOUD, mesh = meshIn(folder)): string {
  const outdir = join(folder, "cdktf.out");
  const app = new App({ outdir });
  addStacks(app, mesh, programs, backend);
  app.synth();
  return join(outdir, "stacks");
}

const read = (stacks: string, stack: string) => readFileSync(join(stacks, stack, "cdk.tf.json"), "utf8");

/** The files that `terraform` would upload: all but those that .terraformignore excludes, by go-slug's rules. */
function uploaded(folder: string): string[] {
  const rules = readFileSync(join(folder, ".terraformignore"), "utf8").split("\n").filter(Boolean);
  const excluded = (path: string) =>
    rules.reduce((found, rule) => {
      const pattern = rule.replace(/^!/, "");
      const matches =
        pattern === "*" || (pattern.endsWith("/") ? `/${path}`.startsWith(pattern) : `/${path}` === pattern);
      return matches ? !rule.startsWith("!") : found;
    }, false);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !excluded(path))
    .sort();
}

test.each([
  ["Terraform Cloud", CLOUD],
  ["this machine", { kind: "local" } as const],
])("a folder is packed next to what is synthesized, for a run on %s", (_where, backend) => {
  const dist = join(checkout, "dist");
  mkdirSync(join(dist, "lib"), { recursive: true });
  writeFileSync(join(dist, "lib/web.js"), "the program");
  const packed = (sha256 = nodeFiles(checkout).pack("dist").sha256) => {
    const changed = declaration();
    for (const service of Object.values(changed.services ?? {}))
      service.run = { files: "dist", command: ["/usr/bin/node", "lib/web.js"] };
    return meshIn(checkout, changed, {
      look: (path) => (path === "dist" ? "folder" : "missing"),
      pack: () => ({ sha256, files: 1, bytes: 11 }),
    });
  };
  const { sha256 } = nodeFiles().pack(dist);
  const folder = mkdtempSync(join(checkout, "run-"));
  const stack = join(synth(folder, backend, packed()), "mesh");
  const archive = `assets/packed/${sha256}.tar`;
  expect(read(join(stack, ".."), "mesh")).toContain(`"source": "\${path.module}/${archive}"`);
  expect(readdirSync(join(stack, "assets/packed"))).toEqual([`${sha256}.tar`]);
  expect(
    createHash("sha256")
      .update(readFileSync(join(stack, archive)))
      .digest("hex"),
  ).toBe(sha256);
  if (backend.kind === "cloud") expect(uploaded(stack)).toContain(archive);
  // Another content is another archive, and the former one goes; one that changes after it was read stops the synthesis.
  writeFileSync(join(dist, "lib/web.js"), "another");
  synth(folder, backend, packed());
  expect(readdirSync(join(stack, "assets/packed"))).toEqual([`${nodeFiles().pack(dist).sha256}.tar`]);
  expect(() => synth(folder, backend, packed("0".repeat(64)))).toThrow("changed while it was packed");
  expect(readdirSync(join(stack, "assets/packed"))).toEqual([]);
});

test.each(["cluster", "mesh"])("the cloud block of %s names a workspace of its own and no token", (stack) => {
  const { terraform } = JSON.parse(read(cloud, stack));
  expect(terraform.backend).toBeUndefined();
  expect(terraform.cloud).toEqual({
    hostname: "tfe.shop.test",
    organization: "shop-org",
    workspaces: { name: `shop-${stack}`, project: "Meshes" },
  });
});

test("a compatible server that cuts the cloud block out of *.tf files finds it there, in front of a local backend", () => {
  const file = (stacks: string) => join(stacks, "mesh/backend_override.tf");
  expect(readFileSync(file(cloud), "utf8")).toBe(`terraform {
  cloud {
    organization = "shop-org"
    hostname     = "tfe.shop.test"
    workspaces {
      name = "shop-mesh"
      project = "Meshes"
    }
  }
  backend "local" {}
}
`);
  expect(existsSync(file(synth(checkout, { kind: "cloud", organization: "shop-org" })))).toBe(false);
  expect(existsSync(file(synth(checkout, { kind: "local" })))).toBe(false);
});

test("the remote backend, for a Terraform Enterprise without the cloud block", () => {
  const stacks = synth(checkout, { kind: "remote", organization: "shop-org" });
  expect(JSON.parse(read(stacks, "mesh")).terraform.backend).toEqual({
    remote: { organization: "shop-org", workspaces: { name: "shop-mesh" } },
  });
});

test("a backend that keeps the state gets Terraform's own arguments", () => {
  const settings = { path: "gatehouse/{mesh}/{stack}", scheme: "https", lock: true };
  const stacks = synth(checkout, { kind: "consul", settings });
  expect(JSON.parse(read(stacks, "cluster")).terraform.backend).toEqual({
    consul: { path: "gatehouse/shop/cluster", scheme: "https", lock: true },
  });
  // Terraform runs here: everything else is as with a local state.
  expect(read(stacks, "mesh")).toContain('"local_file"');
});

describe("Terraform's note of where the state was", () => {
  const note = () => join(checkout, "cdktf.out/stacks/mesh/.terraform/terraform.tfstate");
  const leaveNote = () => {
    mkdirSync(join(note(), ".."), { recursive: true });
    writeFileSync(note(), JSON.stringify({ backend: { type: "cloud", config: {} } }));
  };

  test("goes when another mesh of this checkout comes", () => {
    synth(checkout);
    leaveNote();
    synth(checkout, CLOUD, meshIn(checkout, declaration({ name: "other" })));
    expect(existsSync(note())).toBe(false);
  });

  test("stays for the same mesh, so that Terraform asks before it begins with an empty state elsewhere", () => {
    synth(checkout);
    leaveNote();
    synth(checkout, { kind: "pg", settings: { schema_name: "{mesh}_{stack}" } });
    expect(existsSync(note())).toBe(true);
  });
});

describe("the uploaded configuration", () => {
  test("is the stack, its binaries once each, and nothing else that lies about", () => {
    const folder = join(synth(checkout), "mesh");
    for (const name of ["plan", "errored.tfstate", "terraform.tfvars", ".terraform/terraform.tfstate"]) {
      mkdirSync(join(folder, ".terraform"), { recursive: true });
      writeFileSync(join(folder, name), "{}");
    }
    writeFileSync(join(folder, ".terraform.lock.hcl"), "");
    expect(uploaded(folder)).toEqual([
      ".terraform.lock.hcl",
      `assets/binary-${SHA.slice(0, 12)}/${SHA}/web`,
      "backend_override.tf",
      "cdk.tf.json",
    ]);
    expect(readFileSync(join(folder, `assets/binary-${SHA.slice(0, 12)}/${SHA}/web`), "utf8")).toBe("the program");
  });

  test("has no checksums of the stand-in providers: the run may use the real ones", () => {
    process.env.GATEHOUSE_STAND_INS = "1";
    const folder = join(synth(checkout), "mesh");
    delete process.env.GATEHOUSE_STAND_INS;
    writeFileSync(join(folder, ".terraform.lock.hcl"), "");
    expect(uploaded(folder)).not.toContain(".terraform.lock.hcl");
  });

  test("what an earlier declaration uploaded is gone", () => {
    const old = join(synth(checkout), "mesh/assets/old");
    mkdirSync(old);
    synth(checkout);
    expect(existsSync(old)).toBe(false);
  });

  test.each(["cluster", "mesh"])("%s names no path of this machine, no local_file and no key", (stack) => {
    const text = read(cloud, stack);
    expect(text).not.toContain(checkout);
    expect(text).not.toContain(process.cwd());
    expect(text).not.toContain("local_file");
    expect(text).not.toContain("hashicorp/local");
    expect(text).not.toContain("keys/deploy");
    expect(text).not.toContain("secrets/shop.json");
  });

  test("is the same from another checkout: a run from there plans nothing", () => {
    const other = mkdtempSync(join(tmpdir(), "gatehouse-elsewhere-"));
    writeBinary(other);
    const elsewhere = synth(other);
    for (const stack of ["cluster", "mesh"]) {
      expect(read(elsewhere, stack)).toBe(read(cloud, stack));
    }
    rmSync(other, { recursive: true });
  });

  test("is, but for where the state is, what a local run applies: moving a state plans nothing", () => {
    const triggers = (stacks: string) =>
      Object.entries(JSON.parse(read(stacks, "mesh")).resource.null_resource).map(([name, resource]) => [
        name,
        (resource as { triggers?: object }).triggers,
      ]);
    expect(triggers(cloud)).toEqual(triggers(synth(checkout, { kind: "local" })));
  });
});

describe("the ssh key", () => {
  const resource = (name: string) => JSON.parse(read(cloud, "mesh")).resource.null_resource[name];
  const VARIABLE = "${var.ssh_private_key}";

  test("is a sensitive, ephemeral variable without a default", () => {
    expect(JSON.parse(read(cloud, "mesh")).variable.ssh_private_key).toEqual({
      description: "The private key that opens the machines, and the bastion when there is one.",
      ephemeral: true,
      nullable: false,
      sensitive: true,
      type: "string",
    });
  });

  test("opens every connection, whatever a local run uses", () => {
    expect(resource("instance_backend_worker2").connection).toMatchObject({ private_key: VARIABLE, agent: "false" });
    const changed = declaration();
    changed.ssh = { agent: true, bastion: { host: "jump.test", hostKey: changed.nodes.worker1!.hostKey } };
    const text = read(synth(checkout, CLOUD, meshIn(checkout, changed)), "mesh");
    expect(JSON.parse(text).resource.null_resource.sweep_worker1.connection).toMatchObject({
      private_key: VARIABLE,
      bastion_private_key: VARIABLE,
      agent: "false",
    });
  });

  test("need not be declared", () => {
    expect(() => meshIn(checkout, declaration({ ssh: { user: "deploy" } }))).not.toThrow();
  });

  test("is read from the variables' file by what runs on destroy: Terraform allows no variable there", () => {
    const { connection, provisioner } = resource("handover");
    const [create, destroy] = [provisioner[0], provisioner.at(-1)].map((one) => one["remote-exec"]);
    expect(connection).toBeUndefined();
    expect(create.connection.private_key).toBe(VARIABLE);
    expect(destroy.when).toBe("destroy");
    expect(destroy.connection).toMatchObject({ host: "10.77.0.10", private_key: expect.stringMatching(/tfvars/) });
    expect(destroy.connection.private_key).not.toContain("var.");
  });
});
