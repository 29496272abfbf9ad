import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseProviders } from "../../terraform/provider-choice";
import { settleProviders } from "../../terraform/settle";
import { cacheRoot, PROVIDERS, standInKey, thisPlatform, writeWhole } from "../../toolchain";

const before = { ...process.env };
let folder: string;
const report = jest.fn();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-choice-"));
  const { TF_CLI_CONFIG_FILE, TF_CLI_ARGS_providers_lock, GATEHOUSE_PROVIDER_MIRROR, GATEHOUSE_PROVIDERS, ...rest } =
    before;
  process.env = { ...rest, XDG_CACHE_HOME: join(folder, "cache"), HOME: folder, PATH: join(folder, "bin") };
  writeWhole(join(folder, "bin/terraform"), "#!/bin/sh\necho Terraform v1.11.4\n");
  chmodSync(join(folder, "bin/terraform"), 0o755);
  report.mockClear();
});

afterEach(() => {
  process.env = { ...before };
  rmSync(folder, { recursive: true });
});

function registryAnswers(answers: boolean): void {
  writeWhole(join(cacheRoot(), "registry-answer.json"), JSON.stringify({ answers, at: Date.now() }));
}

function mirror(): string {
  const { os, arch } = thisPlatform();
  for (const { name, version } of PROVIDERS) {
    const base = join(folder, "mirror/registry.terraform.io/hashicorp", name);
    mkdirSync(join(base, version, `${os}_${arch}`), { recursive: true });
  }
  writeFileSync(join(folder, "mirror/id"), "abc");
  return join(folder, "mirror");
}

test("a mirror that is named comes first, and Terraform is pointed at it and nowhere else", async () => {
  registryAnswers(true);
  process.env.GATEHOUSE_PROVIDER_MIRROR = mirror();
  const choice = await chooseProviders(report);
  expect(choice.from).toBe("mirror");
  expect(choice.env.TF_CLI_ARGS_providers_lock).toBe(`-fs-mirror="${mirror()}"`);
  const config = readFileSync(String(choice.env.TF_CLI_CONFIG_FILE), "utf8");
  expect(config).toBe(`provider_installation {\n  filesystem_mirror {\n    path = "${mirror()}"\n  }\n}\n`);
  expect(report).not.toHaveBeenCalled();
});

test("a mirror that is not there, or lacks a provider, is an error that says so", async () => {
  process.env.GATEHOUSE_PROVIDER_MIRROR = "/nowhere";
  await expect(chooseProviders(report)).rejects.toThrow(
    "GATEHOUSE_PROVIDER_MIRROR is /nowhere, but there is no such folder",
  );
  process.env.GATEHOUSE_PROVIDER_MIRROR = mirror();

  rmSync(join(folder, "mirror", "registry.terraform.io/hashicorp/local"), { recursive: true });
  await expect(chooseProviders(report)).rejects.toThrow("but it lacks hashicorp/local 2.6.1 for this machine");
});

test("with the registry nothing is said and nothing is set but silence towards the outside, and what synth is for", async () => {
  registryAnswers(true);
  expect(await chooseProviders(report)).toEqual({
    from: "registry",
    id: "registry",
    env: { CHECKPOINT_DISABLE: "1", DISABLE_VERSION_CHECK: "1", GATEHOUSE_SYNTH: "deploy" },
  });
  expect(report).not.toHaveBeenCalled();
});

test("the stand-ins come last, and say so in one line", async () => {
  registryAnswers(false);
  process.env.GATEHOUSE_PROVIDERS = "stand-ins";
  const made = join(cacheRoot(), standInKey());
  writeWhole(join(made, "id"), "abc");
  const choice = await chooseProviders(report);
  expect(choice).toMatchObject({ from: "stand-ins", id: "stand-ins abc", mirror: made });
  expect(report.mock.calls).toEqual([[expect.stringContaining("stand-in providers")]]);
});

describe("a registry that is blocked chooses no other providers by itself", () => {
  const home = process.cwd();
  beforeEach(() => {
    registryAnswers(false);
    writeWhole(join(cacheRoot(), standInKey(), "id"), "abc");
    process.chdir(folder);
    process.env.GATEHOUSE_MESH = "meshes/shop.ts";
  });
  afterEach(() => process.chdir(home));

  test("it is an error that says what to do", async () => {
    await expect(chooseProviders(report)).rejects.toThrow(
      /^Terraform's registry does not answer .* Nothing was run.*GATEHOUSE_PROVIDER_MIRROR.*GATEHOUSE_PROVIDERS=stand-ins/s,
    );
  });

  test("a lab is allowed to for the mesh that it runs, and for no other", async () => {
    writeWhole(join(folder, "lab/.state/mesh"), "meshes/lab.ts\n");
    await expect(chooseProviders(report)).rejects.toThrow("does not answer from here");
    process.env.GATEHOUSE_MESH = "meshes/lab.ts";
    expect(await chooseProviders(report)).toMatchObject({ from: "stand-ins" });
    delete process.env.GATEHOUSE_MESH;
    expect(await chooseProviders(report)).toMatchObject({ from: "stand-ins" });
  });

  test("the setting has one value", async () => {
    process.env.GATEHOUSE_PROVIDERS = "yes";
    await expect(chooseProviders(report)).rejects.toThrow('GATEHOUSE_PROVIDERS is "yes": the one value that it has');
  });

  describe("once another state is there", () => {
    const lock = () => join(folder, "out/stacks/mesh/.terraform.lock.hcl");
    const settle = (from: "registry" | "stand-ins") => settleProviders("out", { from, id: from, env: {} });
    beforeEach(() => {
      writeWhole(lock(), "hashes");
      writeWhole(join(folder, "terraform.shop.mesh.tfstate"), '{"resources": [{"type": "null_resource"}]}');
    });
    const refused = "were made with the registry's providers";

    test("of the registry's providers: refused, the lock file stays", () => {
      process.env.GATEHOUSE_PROVIDERS = "stand-ins";
      settle("registry");
      expect(() => settle("stand-ins")).toThrow(refused);
      expect(readFileSync(lock(), "utf8")).toBe("hashes");
      rmSync(join(folder, "terraform.shop.mesh.tfstate"));
      settle("stand-ins");
      expect(existsSync(lock())).toBe(false);
    });

    test("of which no run has written down what made it: the setting decides", () => {
      expect(() => settle("stand-ins")).toThrow(refused);
      process.env.GATEHOUSE_PROVIDERS = "stand-ins";
      settle("stand-ins");
      settle("stand-ins");
    });

    test("of the stand-ins: they go on, in another version too, and the registry's may take over", () => {
      process.env.GATEHOUSE_PROVIDERS = "stand-ins";
      settle("stand-ins");
      settleProviders("out", { from: "stand-ins", id: "stand-ins 2", env: {} });
      settle("registry");
      expect(() => settle("stand-ins")).toThrow(refused);
    });

    test("of a backend elsewhere: what this checkout ran counts", () => {
      rmSync(join(folder, "terraform.shop.mesh.tfstate"));
      process.env.GATEHOUSE_BACKEND = "s3";
      settle("registry");
      expect(() => settle("stand-ins")).toThrow(refused);
    });
  });
});

test("a person's own rule for where providers come from stays", async () => {
  registryAnswers(false);
  writeFileSync(
    join(folder, "mine.tfrc"),
    'provider_installation {\n  network_mirror { url = "https://example.test/" }\n}\n',
  );
  process.env.TF_CLI_CONFIG_FILE = join(folder, "mine.tfrc");
  const choice = await chooseProviders(report);
  expect(choice.from).toBe("own");
  expect(choice.env).not.toHaveProperty("TF_CLI_CONFIG_FILE");
});

test("a person's settings for Terraform stay next to the mirror, also in a shell that chose before", async () => {
  process.env.GATEHOUSE_PROVIDER_MIRROR = mirror();
  const tokens = 'credentials "tfe.shop.test" {\n  token = "marked"\n}\n';
  writeFileSync(join(folder, "mine.tfrc"), tokens);
  process.env.TF_CLI_CONFIG_FILE = join(folder, "mine.tfrc");
  for (let time = 0; time < 2; time++) {
    const file = String((await chooseProviders(report)).env.TF_CLI_CONFIG_FILE);
    expect(readFileSync(file, "utf8")).toMatch(/^provider_installation \{.*\n\}\ncredentials "tfe\.shop\.test" \{\n/s);
    expect(readFileSync(file, "utf8").match(/marked|provider_installation/g)).toEqual([
      "provider_installation",
      "marked",
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    process.env.TF_CLI_CONFIG_FILE = file;
  }
});

test("what an earlier choice left in the shell is taken back", async () => {
  process.env.GATEHOUSE_PROVIDER_MIRROR = mirror();
  const earlier = await chooseProviders(report);
  delete process.env.GATEHOUSE_PROVIDER_MIRROR;
  registryAnswers(true);
  Object.assign(process.env, earlier.env, { TF_CLI_ARGS_providers_lock: `-fs-mirror="${cacheRoot()}/providers-1"` });
  const choice = await chooseProviders(report);
  expect(choice.from).toBe("registry");
  expect(choice.env.TF_CLI_ARGS_providers_lock).toBe("");
  expect(readFileSync(String(choice.env.TF_CLI_CONFIG_FILE), "utf8")).toBe("");
});

test("a config file that does not exist is replaced by an empty one, or Terraform warns at every call", async () => {
  registryAnswers(true);
  process.env.TF_CLI_CONFIG_FILE = join(folder, "gone.tfrc");
  const choice = await chooseProviders(report);
  expect(readFileSync(String(choice.env.TF_CLI_CONFIG_FILE), "utf8")).toBe("");
});

test("another choice than the last one makes Terraform install again, the same one does not", () => {
  const lock = join(folder, "out/stacks/mesh/.terraform.lock.hcl");
  const choice = (id: string) => ({ from: "stand-ins" as const, id, env: {} });
  const runs = (id: string) => {
    writeWhole(lock, "hashes");
    settleProviders(join(folder, "out"), choice(id));
    return existsSync(lock);
  };
  const project = process.cwd();
  process.chdir(folder); // the states of this checkout are none of the test's
  try {
    expect(["registry", "stand-ins 1", "stand-ins 1", "stand-ins 2", "registry"].map(runs)).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
  } finally {
    process.chdir(project);
  }
});
