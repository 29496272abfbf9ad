import { handover, probeProgram } from "../../templates";
import { documentOf, verbOf } from "../support/programs";
import { declaration, meshOf } from "../support/shop";

const mesh = meshOf(declaration());
const server = mesh.nodes.find(({ name }) => name === "server1")!;

test("the handover gets what is declared as Consul takes it, without the entry that denies everything else", () => {
  const { program, removal } = handover(mesh, server);
  const document = documentOf(program);
  expect(verbOf(program)).toBe("expand");
  expect(document).toMatchObject({ mesh: "shop", node: "server1", acl: true });
  const names = (entries: { Kind: string; Name: string }[]) =>
    entries.map(({ Kind, Name }) => `${Kind}/${Name}`).sort();
  expect(names(document.intentions)).toEqual(["service-intentions/backend", "service-intentions/frontend"]);
  expect(names(document.services)).toEqual(["service-defaults/backend", "service-defaults/frontend"]);
  expect(names(document.gateways)).toEqual(["ingress-gateway/edge"]);
  expect(document.services[0]).toHaveProperty("Protocol", "http");
  expect(verbOf(removal)).toBe("expand remove");
  expect(documentOf(removal)).toEqual({ mesh: "shop", node: "server1" });
});

test("what routes calls comes with both programs, resolvers first, and where there is nothing of it the second does not run", () => {
  expect(handover(mesh, server).routing).toBeUndefined();
  const routed = meshOf(
    declaration({
      configEntries: [
        { kind: "service-splitter", name: "frontend", splits: [{ weight: 100 }] },
        { kind: "service-resolver", name: "frontend", connectTimeout: "5s" },
      ],
    }),
  );
  const { program, routing, hash } = handover(routed, server);
  expect(verbOf(routing!.program)).toBe("expand routing");
  expect(documentOf(routing!.program)).toEqual(documentOf(program));
  expect(documentOf(program).routing).toMatchObject([
    { Kind: "service-resolver", Name: "frontend", ConnectTimeout: "5s" },
    { Kind: "service-splitter", Name: "frontend" },
  ]);
  expect(hash).not.toBe(handover(mesh, server).hash);
});

test("a probe gets its gateway's routes", () => {
  const instance = mesh.instances.find(({ workload }) => workload.name === "edge")!;
  const program = probeProgram(mesh, instance, mesh.gateways[0]!);
  expect(verbOf(program)).toBe("probe");
  expect(documentOf(program)).toEqual({
    mesh: "shop",
    node: "gateway1",
    gateway: "edge",
    adminPort: instance.adminPort,
    routes: [{ protocol: "http", port: 8080, tls: false, host: expect.any(String), service: "frontend" }],
    acl: true,
  });
});
