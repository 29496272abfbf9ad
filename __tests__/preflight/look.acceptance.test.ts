/** gatehouse-node looks at this machine: an installed one, and one that is uploaded to look and removed again. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Facts, readFacts } from "../../nodes";
import { isUpload, preflightScript, UPLOAD_COMMAND, uploadedScript, WANTED } from "../../templates";
import { nodeProgram, output } from "../../toolchain";

jest.setTimeout(10 * 60_000);

let server: Server;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-look-"));
  writeFileSync(join(folder, "file"), "content");
  server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const questions = () => ({
  programs: ["sed", "no-such-program"],
  ports: [(server.address() as AddressInfo).port],
  units: ["consul.service"],
  services: ["no-such.service"],
  names: ["web"],
  folders: [folder, `${folder}/deep/er`, "/etc"],
  files: [`${folder}/file`, `${folder}/nothing`],
});

/** The part of the facts that is the same at two moments. */
function lasting(facts: Facts | undefined): object {
  if (!facts) throw new Error("not everything was told");
  const { clock, folders, controllers, hostKeys, ...rest } = facts;
  return {
    ...rest,
    folders: folders.map(({ path, device, writable }) => ({ path, device, writable })),
    controllers: [...controllers].sort(),
    hostKeys: [...hostKeys].sort(),
  };
}

const shell = (input: string) => output("bash", ["-s"], { input });

async function upload(path: string): Promise<string> {
  const { stdout } = await output("sh", ["-c", UPLOAD_COMMAND], { input: readFileSync(path) });
  expect(isUpload(stdout)).toBe(true);
  return stdout;
}

test("an installed program and an uploaded one tell the same, and the upload goes", async () => {
  const { path, version, sha256 } = await nodeProgram("amd64", () => {});
  const installed = await shell(
    preflightScript(questions(), version).replaceAll("/opt/gatehouse/bin/gatehouse-node", path),
  );
  const file = await upload(path);
  const uploaded = await shell(uploadedScript(questions(), { file, sha256 }));
  expect([installed.stderr, uploaded.stderr]).toEqual(["", ""]);
  expect(lasting(readFacts(uploaded.stdout))).toEqual(lasting(readFacts(installed.stdout)));
  expect(readFacts(uploaded.stdout)).toMatchObject({
    missing: ["no-such-program"],
    listeners: [{ pid: String(process.pid), address: "loopback" }],
    files: { [`${folder}/file`]: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(existsSync(file)).toBe(false);
});

test("an upload that was changed on the way is not run", async () => {
  const { path, sha256 } = await nodeProgram("amd64", () => {});
  const file = await upload(path);
  writeFileSync(file, "#!/bin/sh\necho end\n");
  const { stdout, stderr, exitCode } = await shell(uploadedScript(questions(), { file, sha256 }));
  expect([stdout, stderr, exitCode]).toEqual(["", "gatehouse-node did not arrive whole", 1]);
  expect(existsSync(file)).toBe(false);
});

test("where another version is installed, the node says which processor it has", async () => {
  const { stdout } = await shell(preflightScript(questions(), "none"));
  expect(stdout).toMatch(new RegExp(`^${WANTED}\\t\\w+$`));
});
