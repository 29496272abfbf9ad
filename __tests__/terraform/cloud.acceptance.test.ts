/** A deploy whose runs are on a server, of which Terraform here tells only a part. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { tokenFor } from "../../terraform/cloud/credentials";
import { outcome } from "../../terraform/cloud/run";
import { FakeCloud } from "../support/fake-cloud";
import { FakeProject } from "../support/fake-project";

jest.setTimeout(180_000);

const cloud = new FakeCloud();
const project = new FakeProject();

beforeAll(async () => {
  await cloud.start();
  for (const stack of ["cluster", "mesh"]) {
    const workspaces = { name: `shop-${stack}` };
    project.synthesized(stack, {
      terraform: { cloud: { hostname: cloud.hostname, organization: "shop", workspaces } },
    });
  }
});

afterAll(() => {
  cloud.stop();
  project.remove();
});

beforeEach(() => {
  for (const part of [cloud.runs, cloud.current]) for (const name of Object.keys(part)) delete part[name];
});

const PROGRAMS = {
  deploy: `require("${resolve("terraform/deploy.ts")}").deploy(["-auto-approve"], { preflight: async () => ({}) })`,
  destroy: `require("${resolve("terraform/destroy.ts")}").destroy(["-auto-approve"], async () => {})`,
  replace: `require("${resolve("terraform/replace.ts")}").replace([{ stack: "mesh", replace: "null_resource.a" }], { what: "doctor --fix", approved: true })`,
};

/** @param apply what the program in Terraform's place does when a stack is applied or destroyed */
const deploy = (apply: string, program: keyof typeof PROGRAMS = "deploy") =>
  project.run(PROGRAMS[program], `case $1 in apply | destroy) ${apply} ;; esac`, cloud.environment());

const says = (run: string) => `printf '%s\\n' '${cloud.says(run)}'`;

test("a stack whose run was applied, or had nothing to do, is deployed", async () => {
  Object.assign(cloud.runs, { "run-cluster": "planned_and_finished", "run-mesh": "applied" });
  const { exitCode, calls } = await deploy(says("run-$stack").replaceAll("'", '"'));
  expect(exitCode).toBe(0);
  expect(calls).toEqual([
    "cluster init -input=false",
    "cluster apply -auto-approve -lock-timeout=2m",
    "mesh init -input=false",
    "mesh apply -auto-approve -lock-timeout=2m",
  ]);
});

test("a run that was cancelled ends the deploy with 3, though Terraform ended with 0, and no other stack is begun", async () => {
  cloud.runs["run-first"] = "canceled";
  const { exitCode, text, calls } = await deploy(
    `${says("run-first")}; echo 'Remote operation successfully cancelled.'`,
  );
  expect(exitCode).toBe(3);
  expect(text).toContain('Run run-first of workspace shop-cluster ended as "canceled": the stack is not deployed');
  expect(calls.filter((call) => call.startsWith("mesh"))).toEqual([]);
});

test("a run that waited too long ends the deploy with 4, and the run that it waited for is named", async () => {
  Object.assign(cloud.runs, { "run-old": "planned", "run-new": "canceled" });
  cloud.current["shop-cluster"] = "run-old";
  const { exitCode, text, calls } = await deploy(`${says("run-new")}; echo 'Lock timeout exceeded, sending interrupt'`);
  expect(exitCode).toBe(4);
  expect(text).toContain('Run run-old ("by hand") of workspace shop-cluster waits for a person to confirm or discard');
  expect(text).toContain(`https://${cloud.hostname}/app/shop/workspaces/shop-cluster/runs/run-old`);
  expect(text).toContain("docs/remote-runs.md#an-unconfirmed-run");
  expect(calls.filter((call) => call.startsWith("mesh"))).toEqual([]);
});

test("a run that failed is a failure, whatever Terraform's exit code", async () => {
  cloud.runs["run-first"] = "errored";
  expect((await deploy(says("run-first"))).exitCode).toBe(1);
  expect((await deploy(`${says("run-first")}; exit 7`)).exitCode).toBe(7);
});

test.each(["destroy", "replace"] as const)("%s ends in the same way", async (program) => {
  cloud.runs["run-first"] = "discarded";
  const { exitCode, calls } = await deploy(says("run-first"), program);
  expect(exitCode).toBe(3);
  expect(calls.filter((call) => / (apply|destroy) /.test(call))).toHaveLength(1);
});

test.each([
  [0, "Apply complete! Resources: 1 added", undefined, "done"],
  [0, "No changes. Your infrastructure matches the configuration.", undefined, "done"],
  [0, "Operation successfully cancelled.", undefined, "stopped"],
  [0, "", undefined, "stopped"],
  [1, "Error: Apply discarded.", undefined, "failed"],
  [1, "the connection broke", "applied", "done"],
  [0, "Apply complete!", "canceled", "stopped"],
  [0, "", "planned", "stopped"],
  [0, "", "errored", "failed"],
  [1, "", "applying", "failed"],
] as const)("exit code %i, %j and the status %s: %s", (code, printed, status, ended) => {
  expect(outcome({ code, printed, status })).toBe(ended);
});

test("the token is read from where Terraform reads it", () => {
  const home = mkdtempSync(join(tmpdir(), "gatehouse-home-"));
  try {
    expect(tokenFor("tfe.example.com", {}, home)).toBeUndefined();
    mkdirSync(join(home, ".terraform.d"));
    const login = { credentials: { "tfe.example.com": { token: "from login" } } };
    writeFileSync(join(home, ".terraform.d", "credentials.tfrc.json"), JSON.stringify(login));
    expect(tokenFor("tfe.example.com", {}, home)).toBe("from login");
    writeFileSync(join(home, ".terraformrc"), 'credentials "tfe.example.com" {\n  token = "from settings"\n}\n');
    expect(tokenFor("tfe.example.com", {}, home)).toBe("from settings");
    expect(tokenFor("tfe-example.com", { TF_TOKEN_tfe__example_com: "from the variable" }, home)).toBe(
      "from the variable",
    );
  } finally {
    rmSync(home, { recursive: true });
  }
});
