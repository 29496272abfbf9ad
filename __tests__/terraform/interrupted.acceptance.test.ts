import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repairInterrupted } from "../../terraform/interrupted";
import { chooseProviders } from "../../terraform/provider-choice";
import { TerraformFolder } from "../support/terraform-folder";

jest.setTimeout(120_000);

let folder: TerraformFolder;
let env: Record<string, string>;
const state = () => join(folder.path, "terraform.tfstate");
const note = () => join(folder.path, ".terraform.tfstate.lock.info");

beforeEach(async () => {
  env = (await chooseProviders(() => {})).env;
  folder = new TerraformFolder(env);
});

afterEach(() => folder.remove());

/** A resource with a program that takes this long. */
const program = (seconds: number, version = "1") => ({
  triggers: { version },
  provisioner: [{ "local-exec": { command: `sleep ${seconds}` } }],
});

/** Applies a configuration whose `slow` never ends, and waits until `quick` is done and written down. */
async function hanging(): Promise<{ kill: () => Promise<void> }> {
  folder.write({ resource: { null_resource: { done: program(0), slow: program(60, "2"), quick: program(1, "2") } } });
  const child = spawn("terraform", ["apply", "-auto-approve", "-no-color"], {
    cwd: folder.path,
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
  const ended = new Promise<void>((done) => child.once("close", () => done()));
  while (!readFileSync(state(), "utf8").includes('"quick"')) await new Promise((done) => setTimeout(done, 100));
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return { kill };
}

describe("a deploy that was killed", () => {
  beforeEach(async () => {
    folder.write({ resource: { null_resource: { done: program(0) } } });
    await folder.run("init", "-input=false");
    await folder.apply();
  });

  test("claims what it had only begun; repaired, all that it did is done again, and nothing else", async () => {
    const { kill } = await hanging();
    await kill();
    const { code } = await folder.try("plan", "-detailed-exitcode", "-lock=false");
    expect(code).toBe(0); // nothing to do, though `slow` was never done
    const repaired = repairInterrupted(state());
    expect({ ...repaired, again: repaired?.again.sort() }).toEqual({ again: ["quick", "slow"], lost: false });
    expect(await folder.plan()).toEqual([
      "null_resource.quick is tainted, so must be replaced",
      "null_resource.slow is tainted, so must be replaced",
    ]);
    expect(existsSync(note())).toBe(false);
    expect(repairInterrupted(state())).toBeUndefined();
  });

  test("while Terraform wrote its state: the state before it is there again, and all that it has is done again", async () => {
    const { kill } = await hanging();
    await kill();
    writeFileSync(state(), ""); // Terraform empties the file before it writes
    expect(repairInterrupted(state())).toEqual({ again: ["done"], lost: true });
    expect(await folder.plan()).toEqual([
      "null_resource.done is tainted, so must be replaced",
      "null_resource.quick will be created",
      "null_resource.slow will be created",
    ]);
    expect(existsSync(note())).toBe(false);
  });

  test("and one that still runs is left alone", async () => {
    const { kill } = await hanging();
    const before = readFileSync(state(), "utf8");
    expect(repairInterrupted(state())).toBeUndefined();
    expect(readFileSync(state(), "utf8")).toBe(before);
    await kill();
  });
});
