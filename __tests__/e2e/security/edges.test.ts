/** Undeclared edges: between services, and between a service and the paths, methods and headers of another. */
import type { MeshDeclaration } from "../../../model";
import { doctorVerdict } from "../support/doctor";
import { sidecarOf, withLeafOf } from "../support/knock";
import { declaration, deploy, describeOnLab, freshLab, gatewayUrl, get, getUntil, on } from "../support/mesh";

jest.setTimeout(300_000);

/** The backend gives its debug page to no caller, and the rest to callers that say they are of team a. */
function guarded(): MeshDeclaration {
  const mesh = declaration();
  const { backend } = mesh.services!;
  mesh.services!.echo = {
    ...backend!,
    runsOn: ["worker1"],
    port: 9020,
    protocol: "tcp",
    health: { tcp: true, interval: "2s", timeout: "1s" },
    run: {
      ...backend!.run,
      args: [
        "server",
        ..."http redirect grpc udp".split(" ").flatMap((kind) => [`-${kind}-port`, "disabled"]),
        "-tcp-port",
        "127.0.0.1:9020",
      ],
    },
  };
  mesh.intentions = [
    {
      source: "frontend",
      destination: "backend",
      permissions: [
        { action: "deny", http: { pathPrefix: "/debug" } },
        { action: "allow", http: { methods: ["GET"], pathPrefix: "/", header: [{ name: "x-team", exact: "a" }] } },
      ],
    },
  ];
  return mesh;
}

/** A call of the frontend through its own upstream port; the status. */
const call = (...words: string[]) =>
  on(
    "worker1",
    `curl -s -o /dev/null -m 5 -w '%{http_code}' --path-as-is ${words.map((word) => `'${word}'`).join(" ")}`,
  );
const team = ["-H", "x-team: a"];
const url = (path: string) => `http://127.0.0.1:5000${path}`;

describeOnLab("an edge that is not declared", () => {
  const mesh = guarded();

  beforeAll(async () => {
    await freshLab();
    await deploy(mesh);
  });

  test("is refused between services, also to who has the caller's token and certificate", async () => {
    const frontend = await sidecarOf("frontend");
    const echo = await sidecarOf("echo");
    const status = (at: typeof frontend) => `-o /dev/null -w '%{http_code}' https://${at.host}:${at.port}/ || true`;
    expect(await on("worker2", withLeafOf("backend", status(frontend)))).toBe("403");
    expect(await on("worker2", withLeafOf("backend", status(echo)))).toBe("000");
    // The gateway alone may call the frontend.
    expect(await on("gateway1", withLeafOf("ingress-gateway", `-H 'x-team: a' ${status(frontend)}`))).toBe("200");
    expect(await on("gateway1", withLeafOf("ingress-gateway", status(await sidecarOf("backend"))))).toBe("403");
  });

  test("what is declared goes through", async () => {
    expect(await call(...team, url("/"))).toBe("200");
  });

  test.each([
    ["a path", [...team, url("/debug")]],
    ["what is below it", [...team, url("/debug/pprof")]],
    ["doubled slashes", [...team, url("//debug")]],
    ["more of them", [...team, url("///debug")]],
    ["a dot", [...team, url("/./debug")]],
    ["two dots", [...team, url("/x/../debug")]],
    ["encoded dots", [...team, url("/x/%2e%2e/debug")]],
    ["encoded letters", [...team, url("/%64ebug")]],
    ["another method", [...team, "-X", "POST", url("/")]],
    ["no header", [url("/")]],
    ["another value", ["-H", "x-team: b", url("/")]],
    ["other letters of the value", ["-H", "x-team: A", url("/")]],
    ["two values", [...team, "-H", "x-team: b", url("/")]],
    ["a header that is only like it", ["-H", "x_team: a", url("/")]],
  ])("is refused by %s", async (_, words) => expect(await call(...words)).toBe("403"));

  test.each([
    ["an encoded slash", [url("/%2fdebug")]],
    ["an encoded slash between", [url("/x%2f..%2fdebug")]],
    ["an encoded backslash", [url("/x%5c..%5cdebug")]],
    ["a method in other letters", ["-X", "get", url("/")]],
    ["an unknown method", ["-X", "BREW", url("/")]],
  ])("is refused as a whole with %s", async (_, words) => expect(await call(...team, ...words)).toBe("400"));

  test("a Host that no route names leads nowhere", async () => {
    const named = guarded();
    named.gateways!["ingress-gateway"]!.listeners[0]!.services[0]!.hosts = ["front.test"];
    await deploy(named);
    expect((await getUntil(403, gatewayUrl, ["Host: front.test"])).status).toBe(403); // of the backend: no team
    for (const host of ["other.test", "front.test.other.test", "", "backend", "front.test:8080@other.test"]) {
      expect(`${host}: ${(await get(gatewayUrl, [`Host: ${host}`])).status}`).toMatch(/: 40[04]$/);
    }
  });

  test("is what the doctor tries as well", async () => {
    await deploy(mesh);
    // Its request through the gateway names no team: the frontend hands on that the backend refuses it.
    const findings = await doctorVerdict(mesh);
    expect(findings.filter((line) => !/route :8080 .* status 403 RBAC/.test(line))).toEqual([]);
  });
});
