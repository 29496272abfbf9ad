/** terraform.sh, with a program in Terraform's place that prints what it was given. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WRAPPER } from "../../terraform/env";

let folder: string;
let fake: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-wrapper-"));
  fake = join(folder, "fake");
  writeFileSync(fake, '#!/bin/sh\nenv | grep ^TF_CLI_ARGS_ | sort\necho "called with: $*"\n', { mode: 0o755 });
});

afterAll(() => rmSync(folder, { recursive: true }));

function wrapped(args: string[], env: Record<string, string> = {}): string[] {
  const { stdout, stderr } = spawnSync(WRAPPER, args, {
    encoding: "utf8",
    env: { PATH: process.env.PATH, GATEHOUSE_TERRAFORM: fake, ...env },
  });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

test.each([
  ["plan", "TF_CLI_ARGS_plan= -lock-timeout=2m"],
  ["apply", "TF_CLI_ARGS_apply= -lock-timeout=2m -parallelism=32"],
  ["destroy", "TF_CLI_ARGS_destroy= -lock-timeout=2m -parallelism=32"],
])("%s waits for a state that another run holds", (command, settings) => {
  expect(wrapped(["-chdir=/tmp", command, "-no-color"])).toEqual([
    settings,
    `called with: -chdir=/tmp ${command} -no-color`,
  ]);
});

test.each(["cloud", "remote"])("a run of the %s backend gets neither: the server chooses", (backend) => {
  expect(wrapped(["apply"], { GATEHOUSE_BACKEND: backend })).toEqual(["called with: apply"]);
});

test("what a person set stays", () => {
  const given = { TF_CLI_ARGS_apply: "-parallelism=3", TF_CLI_ARGS_plan: "-lock=false" };
  expect(wrapped(["apply"], given)).toContain("TF_CLI_ARGS_apply=-parallelism=3 -lock-timeout=2m");
  expect(wrapped(["plan"], given)).toContain("TF_CLI_ARGS_plan=-lock=false");
});

test("other commands get nothing", () => {
  expect(wrapped(["state", "pull"])).toEqual(["called with: state pull"]);
});

test("its exit code is that of the program, which hears no hang-up", () => {
  writeFileSync(join(folder, "deaf"), "#!/bin/sh\nkill -HUP $$\nexit 7\n", { mode: 0o755 });
  const { status } = spawnSync(WRAPPER, ["apply"], {
    env: { PATH: process.env.PATH, GATEHOUSE_TERRAFORM: join(folder, "deaf") },
  });
  expect(status).toBe(7);
});

test("what a killed run left in a local state is repaired before Terraform plans", () => {
  const state = `terraform.wrapper-${process.pid}.mesh.tfstate`;
  const note = `.${state}.lock.info`;
  const instances = [{ attributes: { id: "17" } }];
  try {
    writeFileSync(state, JSON.stringify({ serial: 1, resources: [{ type: "null_resource", name: "a", instances }] }));
    writeFileSync(note, '{"Operation":"OperationTypeApply"}');
    const backend = { local: { path: join(process.cwd(), state) } };
    writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify({ terraform: { backend } }));
    const { stderr, stdout } = spawnSync(WRAPPER, [`-chdir=${folder}`, "plan"], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, GATEHOUSE_TERRAFORM: fake },
    });
    expect(stderr).toMatch(/^The last deploy of .* was killed\. Done again, to be sure: a\n$/);
    expect(stdout).toContain("called with: -chdir=");
    expect(existsSync(note)).toBe(false);
  } finally {
    for (const file of [state, note]) rmSync(file, { force: true });
  }
});
