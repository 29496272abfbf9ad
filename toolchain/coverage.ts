/** `npm run coverage`: the share of `model/`, `templates/`, `stacks/` and `node/` that the unit tests run. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { runGoCheck } from "./go-checks";
import { output } from "./process";

const FOLDERS = ["model", "templates", "stacks"];

/** Lines or statements, all of them and those that were run. */
interface Share {
  covered: number;
  total: number;
}

const percent = ({ covered, total }: Share): string => `${((100 * covered) / Math.max(1, total)).toFixed(1)} %`;

const sum = (shares: Share[]): Share => ({
  covered: shares.reduce((all, { covered }) => all + covered, 0),
  total: shares.reduce((all, { total }) => all + total, 0),
});

async function ofTypeScript(folder: string): Promise<Record<string, Share>> {
  const options = ["--coverageProvider=v8", "--coverageReporters=json-summary", `--coverageDirectory=${folder}`];
  const from = `--collectCoverageFrom={${FOLDERS.join(",")}}/**/*.ts`;
  const args = ["--no-install", "jest", "--selectProjects", "unit", "--silent", "--coverage", ...options, from];
  const env = { ...process.env, GATEHOUSE_RANDOM_CASES: "few" };
  const { exitCode, stderr } = await output("npx", args, {}, { env });
  if (exitCode !== 0) throw new Error(stderr);
  const files: Record<string, { lines: Share }> = JSON.parse(
    readFileSync(join(folder, "coverage-summary.json"), "utf8"),
  );
  const linesOf = (name: string) =>
    Object.entries(files)
      .filter(([file]) => relative(".", file).startsWith(`${name}/`))
      .map(([, { lines }]) => lines);
  return Object.fromEntries(FOLDERS.map((name) => [name, sum(linesOf(name))]));
}

/** A line of a Go profile: place, number of statements, how often they ran. */
const BLOCK = /^(\S+) (\d+) (\d+)$/;

async function ofGo(folder: string): Promise<Share> {
  const profile = join(folder, "go.cov");
  const args = ["test", "-coverpkg=./...", `-coverprofile=${profile}`, "./..."];
  await runGoCheck({ name: "go test", program: "go", args, env: { CGO_ENABLED: "0" } }, console.error);
  return sharesOf(readFileSync(profile, "utf8"));
}

/** The same block is in the profile once for each package whose tests ran. */
export function sharesOf(profile: string): Share {
  const blocks = new Map<string, { statements: number; ran: boolean }>();
  for (const line of profile.split("\n")) {
    const [, place = "", statements, times] = BLOCK.exec(line) ?? [];
    if (place === "") continue;
    const ran = Number(times) > 0 || blocks.get(place)?.ran === true;
    blocks.set(place, { statements: Number(statements), ran });
  }
  return sum([...blocks.values()].map(({ statements, ran }) => ({ covered: ran ? statements : 0, total: statements })));
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-coverage-"));
  try {
    const shares = { ...(await ofTypeScript(folder)), node: await ofGo(folder) };
    console.log("Run by unit tests:");
    for (const [name, share] of Object.entries(shares)) {
      console.log(
        `  ${`${name}/`.padEnd(11)} ${percent(share)} of ${share.total} ${name === "node" ? "statements" : "lines"}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (require.main === module) {
  main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
