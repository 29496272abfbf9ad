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

test("GitHub's workflow pastes nothing that a pull request says into shell", () => {
  const { jobs } = parse(workflow) as { jobs: Record<string, { steps: { run?: string }[] }> };
  const programs = Object.values(jobs).flatMap(({ steps }) => steps.map(({ run }) => run ?? ""));
  expect(programs.filter((program) => program.includes("${{"))).toEqual([]);
});
