/**
 * `gatehouse review`: prints, as Markdown for a pull request's comment, what the working folder's declaration changes against
 * that of a base (a git ref; where the two parted, as a pull request shows it): origin/main or main when none is given.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { printable } from "../findings";
import { meshPath } from "../model";
import type { Rendered } from "../review";
import { compare, LIMIT, markdown, ticks } from "../review";
import { output } from "../toolchain";
import type { Call } from "./gatehouse";

const USAGE = "Write: npx gatehouse review [BASE] [--limit CHARACTERS]";

export async function run({ options }: Call): Promise<number> {
  const { base: given, limit = LIMIT } = options as { base?: string; limit?: number };
  if (!(limit >= 1000)) throw new Error(`--limit takes a number of at least 1000. ${USAGE}`);
  const mesh = relative("", resolve(meshPath()));
  const base = given ?? (await defaultBase());
  const start = (await git("merge-base", base, "HEAD")).trim();
  console.error(
    `Running the code of this checkout's declaration and of ${printable(base)}'s (${start.slice(0, 7)}): a declaration is a program. ` +
      "Review a branch whose author you do not trust where no secret and no key can be read.",
  );
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-review-"));
  try {
    await unpack(start, folder);
    const after = await render(process.cwd(), mesh, process.cwd());
    const before = existsSync(join(folder, mesh)) ? await render(folder, mesh, folder) : nothing(after);
    const sides = { from: `${ticks(base)} (${start.slice(0, 7)})`, to: await here() };
    process.stdout.write(markdown(compare(before, after), sides, limit));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return 0;
}

async function defaultBase(): Promise<string> {
  for (const ref of ["origin/main", "main"]) {
    const { exitCode } = await output("git", ["rev-parse", "--quiet", "--verify", `${ref}^{commit}`]);
    if (exitCode === 0) return ref;
  }
  throw new Error(`There is neither origin/main nor main to compare with. ${USAGE}`);
}

async function git(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await output("git", args);
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout;
}

async function here(): Promise<string> {
  const changed = (await git("status", "--porcelain", "--untracked-files=no")) !== "";
  return `${(await git("rev-parse", "--short", "HEAD")).trim()}${changed ? " and what is not committed" : ""}`;
}

/** The commit's files, with this folder's packages. */
async function unpack(commit: string, folder: string): Promise<void> {
  const archive = spawnSync("git", ["archive", "--format=tar", commit], { maxBuffer: 1 << 30 });
  if (archive.status !== 0) throw new Error(`git archive ${commit}: ${archive.stderr}`);
  const { status, stderr } = spawnSync("tar", ["-x", "-C", folder], { input: archive.stdout });
  if (status !== 0) throw new Error(`tar: ${stderr}`);
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
}

/**
 * By the Gatehouse of that commit, so that what a newer one does differently shows as well; one that cannot do it yet is
 * rendered by this one. Both run in this folder: files that a declaration reads may lie here alone.
 */
async function render(project: string, mesh: string, folder: string): Promise<Rendered> {
  const own = join(project, "review/render.ts");
  const program = existsSync(own) ? own : join(__dirname, "..", "review", "render.ts");
  const args = ["--require", "tsx/cjs", program, join(folder, mesh), folder];
  const { exitCode, stdout, stderr } = await output(process.execPath, args);
  if (exitCode !== 0) throw new Error(`${folder === process.cwd() ? "" : "the base: "}${stderr}`);
  return JSON.parse(stdout) as Rendered;
}

function nothing({ name }: Rendered): Rendered {
  return { name, nodes: {}, workloads: {}, instances: [], edges: {}, routes: [], entries: {}, files: {} };
}
