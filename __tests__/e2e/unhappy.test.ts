import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { changes } from "../../lab";
import { nasty } from "../support/nasty";
import {
  backendOn,
  cdktf,
  consul,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  get,
  getUntil,
  mainPid,
  on,
  plan,
  withoutAccountBackups,
} from "./support/mesh";

jest.setTimeout(300_000);

describeOnLab("when something is wrong", () => {
  let pristine: Record<string, string>;

  beforeAll(async () => {
    await freshLab();
    pristine = withoutAccountBackups(changes("worker2"));
    await deploy(declaration());
  });

  test("a wrong declaration stops synth: every problem told, nothing written, no stack trace", async () => {
    rmSync("cdktf.out/manifest.json", { force: true });
    const wrong = declaration();
    wrong.services!.frontend!.port = 70_000;
    wrong.services!.frontend!.runsOn = ["worker9"];
    const { exitCode, text } = await cdktf(wrong, "synth");
    expect(exitCode).toBe(1);
    expect(text).toContain("services.frontend.port");
    expect(text).toContain("services.frontend.runsOn[0]");
    expect(text).not.toMatch(/^\s+at .*\.ts:\d+/m);
    expect(existsSync("cdktf.out/manifest.json")).toBe(false);
  });

  test.each([
    ["exits at once", ["no-such-command"]],
    [
      "listens elsewhere",
      [
        "server",
        "-http-port",
        "127.0.0.1:9999",
        "-redirect-port",
        "disabled",
        "-grpc-port",
        "disabled",
        "-tcp-port",
        "disabled",
        "-udp-port",
        "disabled",
      ],
    ],
  ])("a release that %s is rolled back, and the mesh goes on answering", async (_, args) => {
    const before = changes("worker2");
    const broken = declaration();
    broken.services!.backend!.run.args = args;
    const { exitCode, text } = await cdktf(broken, "deploy", "cluster", "mesh", "--auto-approve");
    expect(exitCode).not.toBe(0);
    expect(text).toContain("backend is not healthy; this node went back to release");
    expect(text).toContain("the last lines of backend.service:");
    // The gateway hears of it a moment after the node does.
    expect((await getUntil(200, gatewayUrl, [], 10)).status).toBe(200);
    expect(withoutAgent(changes("worker2"))).toEqual(withoutAgent(before));
    await deploy(declaration());
    expect((await get(gatewayUrl)).status).toBe(200);
  });

  test("a release that falls over right after it has begun to serve is rolled back", async () => {
    const listens = `${mkdtempSync(join(tmpdir(), "gatehouse-falls-"))}/falls`;
    writeFileSync(listens, "#!/bin/sh\nsystemd-socket-activate -l 127.0.0.1:9002 -a cat &\nsleep 0.6\nkill $!\n");
    chmodSync(listens, 0o755);
    const broken = declaration();
    broken.services!.backend!.run = { binary: listens };
    broken.services!.backend!.health = { tcp: true, interval: "1s", timeout: "1s" };
    const { exitCode, text } = await cdktf(broken, "deploy", "cluster", "mesh", "--auto-approve");
    rmSync(dirname(listens), { recursive: true });
    expect(exitCode).not.toBe(0);
    expect(text).toContain("Listening on 127.0.0.1:9002"); // it did begin
    expect(text).toContain("backend is not healthy; this node went back to release");
    expect((await getUntil(200, gatewayUrl, [], 10)).status).toBe(200);
    await deploy(declaration());
  });

  test("a new service that never becomes healthy leaves nothing on its machine", async () => {
    const before = changes("worker1");
    const broken = declaration();
    broken.services!.stock = { ...backendOn(["worker1"], 9012), health: { http: "/", interval: "1s", timeout: "1s" } };
    broken.services!.stock.run.args = ["no-such-command"];
    const { exitCode, text } = await cdktf(broken, "deploy", "cluster", "mesh", "--auto-approve");
    expect(exitCode).not.toBe(0);
    expect(text).toContain("stock is not healthy, and there is no earlier release: it was removed again");
    // Terraform brings its token once, and with it this mesh's claim to the name; the corrected release needs both. The sweep
    // removes them with the declaration.
    const { "/opt/gatehouse/secrets/stock.token": token, ...left } = withoutAgent(changes("worker1"));
    expect(token).toBeDefined();
    const claim = Object.keys(left).filter((path) => path.startsWith("/opt/gatehouse/instances/stock"));
    expect(claim).toEqual(["", "/history.json", "/releases"].map((path) => `/opt/gatehouse/instances/stock${path}`));
    expect(Object.fromEntries(Object.entries(left).filter(([path]) => !claim.includes(path)))).toEqual(
      withoutAgent(before),
    );
    await deploy(declaration());
    expect(withoutAgent(changes("worker1"))).toEqual(withoutAgent(before));
    expect(await plan(declaration())).toEqual([]);
  });

  test("text full of metacharacters reaches the process unchanged", async () => {
    const mesh = declaration();
    const env = Object.fromEntries(nasty.map((value, at) => [`NASTY_${at}`, value]));
    const run = mesh.services!.backend!.run;
    run.env = env;
    run.args = [...(run.args ?? []), ...nasty.flatMap((value) => ["-H", `X: ${value}`])];
    await deploy(mesh);
    const pid = await mainPid("worker2", "backend");
    const read = async (file: string) => (await on("worker2", `base64 -w0 /proc/${pid}/${file}`)).trim();
    const parts = async (file: string) =>
      Buffer.from(await read(file), "base64")
        .toString()
        .split("\0")
        .slice(0, -1);
    expect((await parts("cmdline")).slice(1)).toEqual(run.args);
    const environment = Object.fromEntries((await parts("environ")).map((line) => line.split(/=(.*)/s).slice(0, 2)));
    expect(environment).toMatchObject(env);
    expect(await plan(mesh)).toEqual([]);
  });

  test("a retired node is emptied, its agent included", async () => {
    const mesh = declaration();
    mesh.services!.backend!.runsOn = ["worker1"];
    mesh.nodes.worker2!.retired = true;
    await deploy(mesh);
    expect((await get(gatewayUrl)).status).toBe(200);
    await on("worker2", "sleep 4");
    expect(withoutAccountBackups(changes("worker2"))).toEqual(pristine);
    expect(await on("worker2", "pgrep -c 'envoy|fortio|consul' || true")).toBe("0");
    const members = await consul<{ Name: string; Status: number }[]>("agent/members");
    expect(members.filter(({ Name, Status }) => Name === "worker2" && Status === 1)).toEqual([]);
    expect(await plan(mesh)).toEqual([]);
  });
});

/** Consul's own data changes by itself. */
function withoutAgent(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !/^\/opt\/(consul|gatehouse\/ran)\//.test(path)));
}
