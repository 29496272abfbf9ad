import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { output, run } from "../../toolchain";
import { declaration } from "../support/shop";

jest.setTimeout(120_000);

let folder: string;
const git = (...args: string[]) =>
  run("git", ["-c", "user.name=t", "-c", "user.email=t@t.test", "-c", "commit.gpgsign=false", ...args], {
    cwd: folder,
  });
/** In the folder, while `gatehouse` itself goes to the project it belongs to. */
const program = `
  const act = async (_, call) => (process.exitCode = await require(${JSON.stringify(resolve("commands/review.ts"))}).run(call));
  const { parserOf } = require(${JSON.stringify(resolve("commands/gatehouse.ts"))});
  parserOf(["review", ...process.argv.slice(1)], act).parseAsync().catch((error) => {
    console.error(error.message);
    process.exitCode = 2;
  });`;
const review = (...args: string[]) =>
  output(
    process.execPath,
    ["--require", "tsx/cjs", "-e", program, "--", ...args],
    {},
    { cwd: folder, env: { ...process.env, GATEHOUSE_MESH: "meshes/shop.ts" } },
  );

function write(edit: (mesh: ReturnType<typeof declaration>) => void = () => {}): void {
  const mesh = declaration();
  edit(mesh);
  writeFileSync(join(folder, "meshes/shop.ts"), `export default ${JSON.stringify(mesh, null, 2)};\n`);
}

/** A checkout with this project's rooms, in which nothing is built and no key lies. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-project-"));
  for (const room of ["model", "templates", "toolchain", "review", "package.json"])
    symlinkSync(resolve(room), join(folder, room));
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, ".gitignore"), "node_modules\n");
  mkdirSync(join(folder, "meshes"));
  await git("init", "-q", "-b", "main");
  writeFileSync(join(folder, "README"), "nothing yet\n");
  await git("add", ".");
  await git("commit", "-qm", "no mesh");
  write();
  await git("add", ".");
  await git("commit", "-qm", "a mesh");
  await git("checkout", "-qb", "change");
});

afterAll(() => rmSync(folder, { recursive: true }));

test("against main: what this branch changes, whatever came to main since", async () => {
  write(({ services }) => {
    services!.backend!.run.env = { LEVEL: "debug" };
  });
  await git("commit", "-qam", "debug");
  await git("checkout", "-q", "main");
  write(({ services }) => {
    delete services!.frontend!.upstreams;
  });
  await git("commit", "-qam", "of another person");
  await git("checkout", "-q", "change");
  const { exitCode, stdout, stderr } = await review();
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^Running the code of this checkout's declaration and of main's \([0-9a-f]{7}\): [^\n]+$/);
  expect(stdout).toContain("1 changed, 1 instance restarted, **1 outage**. Compared: `main` (");
  expect(stdout).not.toContain("may **no longer**");
  expect(stdout).toContain('+LEVEL="debug"');
});

test("a mesh that is new has everything new", async () => {
  const { stdout } = await review("main~2");
  expect(stdout).toContain("- `frontend` is **new**, on worker1, worker2");
  expect(stdout).toContain("Nothing that runs now is restarted.");
});

test("a declaration that cannot be rendered, and a ref that is not there, are errors that say so", async () => {
  expect(await review("nowhere")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("nowhere") });
  write(({ services }) => {
    services!.backend!.runsOn = ["worker9"];
  });
  const { exitCode, stdout, stderr } = await review();
  expect([exitCode, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("there is no node `worker9`");
});
