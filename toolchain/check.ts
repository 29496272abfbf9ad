/**
 * `npm run check`: types, lint, format and unit tests of TypeScript and Go, all at once. A check that fails prints what it
 * found. `npm test` has more random cases, a fault at every step instead of each seventh, the race detector, real programs and the
 * lab on top.
 */
import { availableParallelism } from "node:os";
import { GO_LINTERS, GO_TESTS, runGoCheck } from "./go-checks";
import { output } from "./process";

/** Fails with the text that a person needs. */
type Check = () => Promise<void>;

/** A program of node_modules. */
const installed =
  (program: string, ...args: string[]): Check =>
  async () => {
    const env = { ...process.env, GATEHOUSE_RANDOM_CASES: "few" };
    const { exitCode, stdout, stderr } = await output(`node_modules/.bin/${program}`, args, {}, { env });
    if (exitCode !== 0) throw new Error([stdout, stderr].filter(Boolean).join("\n"));
  };

const CHECKS: Record<string, Check> = {
  "unit tests": installed("jest", "--selectProjects", "unit", "--silent", `--maxWorkers=${availableParallelism()}`),
  types: installed("tsc", "--incremental", "--tsBuildInfoFile", "node_modules/.cache/gatehouse/tsc.json"),
  "lint and format": installed("biome", "check", "."),
  // Each keeps its results while its code is the same, so they run one after another.
  Go: async () => {
    for (const check of [...GO_LINTERS, GO_TESTS]) await runGoCheck(check, console.log);
  },
};

async function run([name, check]: [string, Check]): Promise<boolean> {
  const began = Date.now();
  const error = await check().then(
    () => undefined,
    (reason: Error) => reason,
  );
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(`${error ? "FAILED" : "ok    "}  ${name} (${seconds} s)`);
  if (error) console.error(error.message);
  return error === undefined;
}

Promise.all(Object.entries(CHECKS).map(run)).then((passed) => {
  process.exitCode = passed.every(Boolean) ? 0 : 1;
});
