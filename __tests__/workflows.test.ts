import { readFileSync } from "node:fs";
import { parse } from "yaml";

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
const workflow = readFileSync(".github/workflows/mesh.yml", "utf8");
const gitlab = /```yaml\n([\s\S]*?)```/.exec(readFileSync("docs/remote-runs.md", "utf8"))?.[1] ?? "";

test.each([
  ["GitHub's workflow", workflow],
  ["GitLab's pipeline", gitlab],
])("%s is YAML, calls scripts that there are, and shows a review and a plan before it deploys", (_, text) => {
  parse(text); // throws
  const called = [...text.matchAll(/npm run (?:-s )?([a-z:]+)/g)].map(([, name]) => name!);
  expect(called).toEqual(["review", "diff", "deploy"]);
  expect(called.filter((name) => !scripts[name])).toEqual([]);
});

interface Step {
  uses?: string;
  run?: string;
  env?: Record<string, string>;
  with?: Record<string, unknown>;
}
interface Job {
  if?: string;
  needs?: string;
  environment?: string;
  permissions?: Record<string, string>;
  steps: Step[];
}
const parsed = parse(workflow) as { permissions: Record<string, string>; env: object; jobs: Record<string, Job> };
const has = (part: object, text: string) => JSON.stringify(part).includes(text);

describe("GitHub's workflow, of which a branch runs its own code", () => {
  const jobs = Object.entries(parsed.jobs);
  const runsCode = ({ steps }: Job) => steps.some(({ run = "" }) => run.includes("npm"));

  test("pins each action by its commit, and says which version that is", () => {
    const used = workflow.split("\n").filter((line) => /\buses:/.test(line));
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+/.test(line))).toEqual([]);
  });

  test("leaves git's token in no checkout", () => {
    const checkouts = jobs.flatMap(([, { steps }]) =>
      steps.filter(({ uses }) => uses?.startsWith("actions/checkout@")),
    );
    expect(checkouts.map((step) => step.with?.["persist-credentials"])).toEqual([false, false, false]);
  });

  test("gives the token that may apply to the environment production alone", () => {
    expect(jobs.filter(([, job]) => has(job, "secrets.TFE_TOKEN")).map(([name]) => name)).toEqual(["deploy"]);
    expect(parsed.jobs.deploy).toMatchObject({ environment: "production", if: expect.stringContaining("'push'") });
    expect(jobs.filter(([, job]) => has(job, "secrets.TFE_PLAN_TOKEN")).map(([name]) => name)).toEqual(["plan"]);
  });

  test("has no right by default, and none but reading where the branch's code runs", () => {
    expect(parsed.permissions).toEqual({});
    for (const [, job] of jobs.filter(([, one]) => runsCode(one)))
      expect(job.permissions).toEqual({ contents: "read" });
    const writers = jobs.filter(([, { permissions = {} }]) => Object.values(permissions).includes("write"));
    expect(writers.map(([name]) => name)).toEqual(["comment"]);
    expect(has(parsed.jobs.comment!, "checkout")).toBe(false);
  });

  test("logs in after everything that runs packages' scripts", () => {
    for (const [, { steps }] of jobs) {
      const login = steps.findIndex((step) => has(step, "secrets."));
      const install = steps.findIndex(({ run }) => run === "npm ci");
      if (login >= 0) expect(install).toBeGreaterThan(-1);
      if (login >= 0) expect(login).toBeGreaterThan(install);
    }
    expect(has(parsed.env, "secrets.")).toBe(false);
  });

  test("shares no cache between a branch and the deploy", () => {
    const caches = jobs.flatMap(([, { steps }]) => steps.filter(({ uses = "" }) => uses.includes("setup-node@")));
    expect(caches.filter((step) => step.with?.cache !== undefined)).toEqual([]);
    const go = jobs.flatMap(([, { steps }]) => steps.filter(({ uses = "" }) => uses.includes("setup-go@")));
    expect(go.map((step) => step.with?.cache)).toEqual([false, false]);
  });

  test("makes no plan for a fork", () => {
    expect(parsed.jobs.review?.if).toContain("head.repo.full_name == github.repository");
    expect([parsed.jobs.comment?.needs, parsed.jobs.plan?.needs]).toEqual(["review", "review"]);
  });
});

describe("GitLab's pipeline", () => {
  type GitLabJob = { script: string | string[]; environment?: string | { name: string }; rules?: unknown[] };
  const pipeline = parse(gitlab) as Record<string, GitLabJob>;
  const jobs = Object.entries(pipeline).filter(([, one]) => one.script !== undefined);
  const users = (token: string) => jobs.filter(([, { script }]) => has([script], `$${token}`)).map(([name]) => name);

  test("has two tokens, each for one job and its environment", () => {
    expect([users("TFE_PLAN_TOKEN"), users("TFE_TOKEN"), users("REVIEW_TOKEN")]).toEqual([
      ["plan"],
      ["deploy"],
      ["comment"],
    ]);
    const environments = jobs.map(([, { environment }]) =>
      typeof environment === "object" ? environment.name : environment,
    );
    expect(environments).toEqual([undefined, "comment", "plan", "production"]);
  });

  test("hides the token from packages' scripts, and has no code where comments are written", () => {
    expect(pipeline.default).not.toHaveProperty("before_script");
    expect(pipeline.plan!.script[0]).toBe("env -u TFE_PLAN_TOKEN npm ci");
    expect(pipeline.deploy!.script[0]).toBe("env -u TFE_TOKEN npm ci");
    expect(pipeline.comment).toMatchObject({ variables: { GIT_STRATEGY: "none" } });
    expect(has(pipeline.comment!, "npm")).toBe(false);
  });
});

test("GitHub's workflow pastes nothing that a pull request says into shell", () => {
  const { jobs } = parse(workflow) as { jobs: Record<string, { steps: { run?: string }[] }> };
  const programs = Object.values(jobs).flatMap(({ steps }) => steps.map(({ run }) => run ?? ""));
  expect(programs.filter((program) => program.includes("${{"))).toEqual([]);
});
