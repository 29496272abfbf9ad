import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepLock, lockRemedy, placeLocks } from "../../terraform/lock-file";
import { settleProviders } from "../../terraform/settle";
import { writeWhole } from "../../toolchain";

const project = process.cwd();
const before = { ...process.env };
const registry = { from: "registry", id: "registry", env: {} } as const;
const standIns = { from: "stand-ins", id: "stand-ins 1", env: {} } as const;
const [OURS, PLACED] = ["terraform.mesh.lock.hcl", "out/stacks/mesh/.terraform.lock.hcl"];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-lock-"));
  process.chdir(folder);
  process.env.GATEHOUSE_MESH = "meshes/shop.ts";
});
afterEach(() => {
  process.chdir(project);
  process.env = { ...before };
  rmSync(folder, { recursive: true });
});

const kept = () => keepLock("mesh", "out/stacks/mesh", registry);

test("what Terraform locked first is kept in the project, and a fresh checkout begins with it", () => {
  writeWhole(PLACED, "hashes");
  expect(kept()).toMatch(/^terraform\.mesh\.lock\.hcl: .*Commit it/);
  expect(readFileSync(OURS, "utf8")).toBe("hashes");
  expect(kept()).toBeUndefined();
  rmSync("out", { recursive: true });
  settleProviders("out", registry);
  expect(readFileSync(PLACED, "utf8")).toBe("hashes");
});

test("the project's comes before what this checkout has, and what Terraform adds is told", () => {
  writeWhole(OURS, "hashes");
  writeWhole(PLACED, "those of others");
  placeLocks("out", registry);
  expect(readFileSync(PLACED, "utf8")).toBe("hashes");
  writeWhole(PLACED, "hashes and more");
  expect(kept()).toContain("git diff terraform.mesh.lock.hcl");
  expect(readFileSync(OURS, "utf8")).toBe("hashes and more");
});

test("providers of another place are held to it too; stand-ins and a lab's are not", () => {
  writeWhole(OURS, "hashes");
  placeLocks("out", standIns);
  process.env.GATEHOUSE_MESH = "lab/.state/e2e/mesh.ts";
  placeLocks("out", registry);
  expect(existsSync(PLACED)).toBe(false);
  writeWhole(PLACED, "a lab's");
  expect(kept()).toBeUndefined();
  process.env.GATEHOUSE_MESH = "meshes/shop.ts";
  placeLocks("out", { ...registry, from: "mirror" });
  expect(readFileSync(PLACED, "utf8")).toBe("hashes");
});

test("a project with checksums takes no stand-ins, even where a state elsewhere cannot be seen and they are allowed", () => {
  Object.assign(process.env, { GATEHOUSE_PROVIDERS: "stand-ins", GATEHOUSE_BACKEND: "s3" });
  settleProviders("out", standIns);
  rmSync("out", { recursive: true });
  writeWhole(OURS, "hashes");
  expect(() => settleProviders("out", standIns)).toThrow("were made with the registry's providers");
  process.env.GATEHOUSE_MESH = "lab/.state/e2e/mesh.ts";
  settleProviders("out", standIns);
});

test.each([
  "the current package for registry.terraform.io/hashicorp/null 3.2.4 doesn't match any of\n│ the checksums previously recorded in the dependency lock file",
  "locked provider registry.terraform.io/hashicorp/null 3.2.3 does not match\n│ configured version constraint 3.2.4",
])("what Terraform refuses is told with the file: %s", (stderr) => {
  expect(lockRemedy("mesh", { exitCode: 1, stdout: "", stderr })).toBeUndefined();
  writeWhole(OURS, "hashes");
  expect(lockRemedy("mesh", { exitCode: 1, stdout: "", stderr })).toMatch(
    /^terraform\.mesh\.lock\.hcl has the checksums/,
  );
  expect(lockRemedy("mesh", { exitCode: 1, stdout: "", stderr: "no such host" })).toBeUndefined();
});
