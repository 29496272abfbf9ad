import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { which } from "./command";
import { goTools } from "./go";
import { NODE_MODULE } from "./node-program";
import type { Report } from "./parts";
import { output } from "./process";

/** One check of the Go code in node/. */
export interface GoCheck {
  name: string;
  program: "go" | "gofmt";
  args: string[];
  /** On top of this process's environment. */
  env: Record<string, string>;
}

/** As the program is built: without C. */
const PURE = { CGO_ENABLED: "0" };

/** Programs that read the code. Go keeps the results in its build cache: only what changed is looked at again. */
export const GO_LINTERS: GoCheck[] = [
  { name: "gofmt", program: "gofmt", args: ["-l", "."], env: PURE },
  { name: "go vet", program: "go", args: ["vet", "./..."], env: PURE },
  { name: "staticcheck", program: "go", args: ["tool", "staticcheck", "./..."], env: PURE },
];

/** Every test, with a part of the steps that a run is disturbed at; the results of what did not change are kept too. */
export const GO_TESTS: GoCheck = { name: "go test", program: "go", args: ["test", "-short", "./..."], env: PURE };

/** The tests of one package under the race detector, which needs a C compiler. */
export function raceCheck(folder: string, env: Record<string, string>): GoCheck {
  const name = `go test -race ./${folder}`;
  return { name, program: "go", args: ["test", "-race", `./${folder}`], env: { ...env, CGO_ENABLED: "1" } };
}

/** The folders in node/ that hold tests. */
export function testedPackages(): string[] {
  const files = readdirSync(NODE_MODULE, { recursive: true, encoding: "utf8" });
  return [...new Set(files.filter((file) => file.endsWith("_test.go")).map((file) => dirname(file)))].sort();
}

/** Throws with all that the check printed when it finds something. */
export async function runGoCheck({ name, program, args, env }: GoCheck, report: Report): Promise<void> {
  if (env.CGO_ENABLED === "1" && !which("gcc")) {
    throw new Error(`${name}: there is no gcc, which the race detector needs: apt-get install gcc libc6-dev`);
  }
  const tools = await goTools(report);
  const options = { cwd: NODE_MODULE, env: { ...tools.env, ...env } };
  const { stdout, stderr, exitCode } = await output(tools[program], args, {}, options);
  if (program === "gofmt" && exitCode === 0 && stdout) {
    throw new Error(`not formatted, run \`gofmt -w node\`:\n${stdout}`);
  }
  if (exitCode !== 0) throw new Error(`${name}: exit ${exitCode}\n${[stdout, stderr].filter(Boolean).join("\n")}`);
}
