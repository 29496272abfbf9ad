import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimFolder } from "../../terraform/claim";

let folder: string;
let other: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-one-run-"));
});

afterEach(() => {
  other?.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** Another process that claims the folder and goes on. */
async function claimedByAnother(): Promise<ChildProcess> {
  const program = `require("./terraform/claim.ts").claimFolder(${JSON.stringify(folder)}, "cdktf deploy")
    .then(() => { console.log("claimed"); setTimeout(() => {}, 60000); });`;
  other = spawn(process.execPath, ["--import", "tsx", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(other.stdout!, "data");
  return other;
}

test("a second run in the same folder is refused, and told who is there", async () => {
  const { pid } = await claimedByAnother();
  await expect(claimFolder(folder, "cdktf diff")).rejects.toThrow(
    new RegExp(`^cdktf deploy \\(process ${pid}, since [0-9:]{8}\\) is at work in .*Wait until it has ended`),
  );
});

test("a run that was killed does not hold up the next one", async () => {
  const run = await claimedByAnother();
  run.kill("SIGKILL");
  await once(run, "exit");
  expect(existsSync(join(folder, ".running"))).toBe(true);
  await claimFolder(folder, "cdktf deploy");
});
