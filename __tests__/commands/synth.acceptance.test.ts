/** Synth for reading, in a checkout as `git clone` and `npm ci` leave it: no lab, no state, nothing built, no Terraform on the PATH. */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { chooseProviders } from "../../terraform";
import { NODE_MODULE, nodeProgramVersion, type Output, output } from "../../toolchain";
import { declaration } from "../support/shop";

jest.setTimeout(180_000);

const START = "./node_modules/.bin/";
let folder: string;
let bare: NodeJS.ProcessEnv;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-clone-"));
  const { stdout } = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
  const files = stdout
    .toString()
    .split("\0")
    .filter((file) => file !== "" && existsSync(file));
  for (const file of files.filter((path) => path !== "node_modules")) {
    mkdirSync(join(folder, "clone", dirname(file)), { recursive: true });
    copyFileSync(file, join(folder, "clone", file));
  }
  symlinkSync(resolve("node_modules"), join(folder, "clone", "node_modules"));
  mkdirSync(join(folder, "bin"));
  symlinkSync(process.execPath, join(folder, "bin", "node"));
  // A home without a cache, and no program but node and the shell's own.
  bare = { HOME: folder, PATH: `${join(folder, "bin")}:/usr/bin:/bin`, CI: "1" };
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (path: string) => join(folder, "clone", path);
const run = async (file: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Output> => {
  const { exitCode, stdout, stderr } = await output(file, args, {}, { cwd: at("."), env: { ...bare, ...env } });
  return { exitCode, stdout: stripVTControlCharacters(stdout), stderr };
};

/** Every file that was left to be read. */
const left = () =>
  readdirSync(at("cdktf.out/review"), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.[a-z]+$|user_data$|\/mesh$/.test(path))
    .sort();

describe.each([
  ["npx cdktf synth", () => run(`${START}cdktf`, ["synth"])],
  ["npx gatehouse synth", () => run(`${START}../../bin/gatehouse.js`, ["synth"])],
])("%s on the example mesh", (name, synth) => {
  let result: Output;
  beforeAll(async () => {
    rmSync(at("cdktf.out"), { recursive: true, force: true });
    result = await synth();
  });

  test("ends well, and notes what a deploy needs", () => {
    expect([result.exitCode, result.stderr.includes("problem")]).toEqual([0, false]);
    expect(result.stdout).toContain("Generated Terraform code for the stacks: cluster, mesh");
    expect(result.stdout).toContain("a deploy needs services.frontend.run.binary: there is no such file");
    if (name.includes("gatehouse")) expect(result.stdout).toContain("To read: cdktf.out/review/mesh.md");
  });

  test("leaves every node's files, the config entries and the mesh in words", () => {
    expect(left().filter((path) => !path.startsWith("worker"))).toEqual([
      "config-entries/01-proxy-defaults-global.json",
      "config-entries/02-service-defaults-frontend.json",
      "config-entries/03-service-defaults-backend.json",
      "config-entries/04-service-intentions-any.json",
      "config-entries/05-mesh-mesh.json",
      "config-entries/06-ingress-gateway-ingress-gateway.json",
      "config-entries/07-service-intentions-frontend.json",
      "config-entries/08-service-intentions-backend.json",
      "mesh.md",
      "server1/etc/consul.d",
      "server1/etc/consul.d/consul.hcl",
      "server1/etc/systemd/system/consul.service",
      "server1/user_data",
      "server1/usr/local/bin/mesh",
    ]);
    expect(left()).toContain("worker1/etc/systemd/system/ingress-gateway.service");
    expect(readFileSync(at("cdktf.out/review/mesh.md"), "utf8")).toContain(
      "- `frontend` → `backend`, at its own 127.0.0.1:5000",
    );
  });

  test("builds and fetches nothing", () => {
    expect(existsSync(join(folder, ".cache/gatehouse"))).toBe(false);
  });
});

describe("npx gatehouse synth of a new mesh", () => {
  const mesh = declaration();
  for (const [name, node] of Object.entries(mesh.nodes)) node.hostKey = `no file known-hosts/new/${name}.pub yet`;
  const synth = async () => {
    writeFileSync(at("meshes/new.ts"), `export default ${JSON.stringify(mesh)};\n`);
    return run("node", ["bin/gatehouse.js", "synth"], { GATEHOUSE_MESH: "meshes/new.ts" });
  };

  test("needs no host key, and says how a deploy gets it", async () => {
    const { exitCode, stdout } = await synth();
    expect(exitCode).toBe(0);
    expect(stdout).toContain("note: a deploy needs nodes.worker1.hostKey: ");
    expect(stdout).toContain("`npx gatehouse trust` asks the node for its key");
  });

  test("says a refusal once, and what is missing for a deploy apart from it", async () => {
    mesh.services!.frontend!.port = 99_001;
    const { exitCode, stdout, stderr } = await synth();
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr.match(/services\.frontend\.port/g)).toHaveLength(1);
    expect(stderr).toMatch(/^meshes\/new\.ts: 1 problem\. Nothing was written\./);
    expect(stderr.split("missing for a deploy")[1]).toContain("nodes.worker1.hostKey");
  });
});

describe("what is synthesized without a binary", () => {
  const declare = () => {
    const mesh = declaration();
    mesh.consul = { datacenter: "dc1", address: "127.0.0.1:1", existing: true, acl: false, tls: false };
    mesh.ssh = { agent: true };
    writeFileSync(at("meshes/other.ts"), `export default ${JSON.stringify(mesh)};\n`);
    return { GATEHOUSE_MESH: "meshes/other.ts" };
  };

  /** Terraform's reason not to plan. */
  async function refusal(): Promise<string> {
    const stack = at("cdktf.out/stacks/mesh");
    const env = { ...process.env, ...(await chooseProviders(() => {})).env };
    const terraform = (...args: string[]) => output("terraform", [...args, "-no-color"], {}, { cwd: stack, env });
    expect(await terraform("init", "-input=false")).toMatchObject({ exitCode: 0 });
    const { exitCode, stderr } = await terraform("plan", "-input=false");
    expect(exitCode).toBe(1);
    return stderr.replace(/[│\s]+/g, " ");
  }

  test("is refused by Terraform, which says what is missing and what to do", async () => {
    const version = nodeProgramVersion(NODE_MODULE);
    await run(`${START}cdktf`, ["synth"], declare());
    expect(await refusal()).toContain(
      `gatehouse-node ${version} for amd64 is not built. Say eval "$(npx gatehouse env)"`,
    );
    const cache = join(folder, ".cache/gatehouse", `gatehouse-node-${version}-amd64`);
    mkdirSync(cache, { recursive: true });
    for (const file of ["gatehouse-node", "sha256"]) writeFileSync(join(cache, file), "a".repeat(64));
    await run(`${START}cdktf`, ["synth"], declare());
    expect(await refusal()).toContain(`There is no file ${at("build/web")}. Build it, or correct \`run\``);
  });

  test("is a problem where the synth is for a deploy", async () => {
    const env = { ...declare(), GATEHOUSE_SYNTH: "deploy" };
    const { exitCode, stderr } = await run("node", ["--import", "tsx", "main.ts"], env);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("meshes/other.ts: missing for a deploy, and not for `npx gatehouse synth`:");
    expect(stderr).toContain("services.backend.run.binary");
    expect(stderr).toContain("Nothing was written.");
  });
});
