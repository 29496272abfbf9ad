/** The preflight's two ways to look at a node tell the same: gatehouse-node, and shell where it is not installed yet. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Facts, readFacts } from "../../../doctor/preflight/facts";
import { preflightScript } from "../../../templates";
import { nodeProgram } from "../../../tools/node-program";
import { output } from "../../../tools/process";

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

/** What is the same at two moments. */
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

test("both tell the same of this machine", async () => {
  const shell = await output("bash", ["-s"], { input: preflightScript(questions(), "none") });
  const { path, version } = await nodeProgram("amd64", () => {});
  const input = preflightScript(questions(), version).replaceAll("/opt/gatehouse/bin/gatehouse-node", path);
  const program = await output("bash", ["-s"], { input });
  expect(program.stderr).toBe("");
  expect(lasting(readFacts(program.stdout))).toEqual(lasting(readFacts(shell.stdout)));
  expect(readFacts(program.stdout)).toMatchObject({
    missing: ["no-such-program"],
    listeners: [{ pid: String(process.pid), address: "loopback" }],
    files: { [`${folder}/file`]: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
});
