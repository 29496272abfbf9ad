import shop from "../../meshes/shop";
import { checkMesh, type MeshDeclaration, nodeFiles } from "../../model";
import { meshInWords } from "../../review/words";
import { declaration, meshOf } from "../support/shop";

/** The sections of a page, by heading. */
function sections(page: string): Record<string, string> {
  const parts = page.split(/^## /m).slice(1);
  return Object.fromEntries(parts.map((part) => [part.split("\n")[0], part.slice(part.indexOf("\n")).trim()]));
}

const wordsOf = (changes: Partial<MeshDeclaration>) => sections(meshInWords(meshOf(declaration(changes)), []));

describe("the example mesh", () => {
  const result = checkMesh(shop, { ...nodeFiles(), look: () => "missing", forReview: true });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  const page = meshInWords(result.mesh, result.missing);
  const said = sections(page);

  test("begins with what it is", () => {
    expect(page).toMatch(
      /^# The mesh `shop`\n\n3 nodes, 2 services, 1 gateway, with a Consul of its own \(datacenter `dc1`\)\./,
    );
  });

  test("names what a deploy lacks, with what to do", () => {
    expect(said["Missing for a deploy"]).toContain("- `services.backend.run.binary`: there is no such file (");
    expect(said["Missing for a deploy"]).toContain("To do: write the path of an executable file");
  });

  test("says which service calls which, and which may not", () => {
    expect(said["Which service calls which"]).toBe(
      [
        "- clients of `ingress-gateway` on worker1, port 8080, for every host → `frontend`",
        "- `ingress-gateway` → `frontend`",
        "- `frontend` → `backend`, at its own 127.0.0.1:5000, by request: allow GET for paths that begin with /; nothing else",
      ].join("\n"),
    );
    expect(said["Who is denied"]).toBe(
      [
        "Every other call is denied, by `service-intentions/*`.",
        "",
        "- `frontend` may not be called by `backend`.",
        "- `backend` may not be called by `ingress-gateway`.",
      ].join("\n"),
    );
  });

  test("says which ports a process that is another's has", () => {
    const shop = declaration();
    shop.services!.backend!.run = { unit: "nginx.service" };
    shop.services!.admin = { runsOn: ["worker1"], port: 9101, protocol: "http", run: { sameProcessAs: "frontend" } };
    const words = meshInWords(meshOf(shop), []);
    expect(words).toContain("| worker2 | 127.0.0.1 | 9002 | http | `backend`, by `nginx.service` |");
    expect(words).toContain("| worker1 | 127.0.0.1 | 9101 | http | `admin`, by `frontend.service` |");
    expect(words).toContain("`backend` on worker2 (`nginx.service` runs already, and is left as it is)");
    expect(words).toContain("`admin` on worker1, after `frontend`");
  });

  test("says what listens where", () => {
    const rows = said["What listens where"]?.split("\n").slice(2);
    expect(rows?.filter((row) => row.startsWith("| worker1 "))).toEqual([
      "| worker1 | every address | 8301 | encrypted gossip | Consul's agent |",
      "| worker1 | 127.0.0.1 | 8500 | HTTP API | Consul's agent |",
      "| worker1 | 127.0.0.1 | 8503 | gRPC over TLS | Consul's agent |",
      "| worker1 | 127.0.0.1 | 8600 | DNS | Consul's agent |",
      "| worker1 | 127.0.0.1 | 9001 | http | `frontend` |",
      "| worker1 | every address | 21048 | mutual TLS | sidecar of `frontend`, for callers |",
      "| worker1 | 127.0.0.1 | 5000 | as the upstream | sidecar of `frontend`, towards `backend` |",
      "| worker1 | 127.0.0.1 | 19048 | http | admin page of `frontend`'s Envoy |",
      "| worker1 | every address | 8080 | http | `ingress-gateway`, for clients |",
      "| worker1 | 127.0.0.1 | 19136 | http | admin page of `ingress-gateway`'s Envoy |",
    ]);
  });

  test("says in which order things start", () => {
    expect(said["In which order a deploy does things"]).toBe(
      [
        "1. `gatehouse-node`, the program that does the work there, is brought to every node.",
        "2. Consul's servers start, one after another: server1.",
        "3. The workers' agents start and join them: worker1, worker2.",
        "4. Consul learns what everyone speaks: `proxy-defaults/global`, `service-defaults/frontend`, `service-defaults/backend`.",
        "5. Consul denies every call that is not allowed: `service-intentions/*`.",
        "6. Further entries are written: `mesh/mesh`.",
        "7. Services start, each when those that it calls serve; the calls between them are allowed before:",
        "   - `backend` on worker2",
        "   - `frontend` on worker1, after `backend`",
        "8. Gateways start:",
        "   - `ingress-gateway` on worker1",
        "9. Gateways get their routes, and each route is tried: `ingress-gateway/ingress-gateway`.",
        "10. What is no longer declared is removed from the nodes.",
        "11. Consul allows exactly the declared calls: `service-intentions/frontend`, `service-intentions/backend`.",
      ].join("\n"),
    );
  });

  test("names the files with secrets", () => {
    expect(said["Files with secrets, which are not here"]).toContain("`/opt/gatehouse/secrets/frontend.token`");
  });
});

describe("another mesh", () => {
  test("in a Consul that is there already has no agent and no deny-all of its own", () => {
    const said = wordsOf({ consul: { datacenter: "dc1", address: "10.77.0.10:8501", existing: true } });
    expect(said["What listens where"]).not.toContain("Consul's agent");
    expect(said["In which order a deploy does things"]).not.toContain("Consul's servers");
    expect(said["Who is denied"]).toBe(
      "What happens to other calls is for that Consul to decide: this mesh does not own its deny-all.",
    );
  });

  test("names a call that the declaration denies, and everyone who may call", () => {
    const said = wordsOf({
      intentions: [
        { source: "edge", destination: "backend", action: "deny" },
        { source: "*", destination: "frontend", action: "allow" },
      ],
    });
    expect(said["Which service calls which"]).toContain("- everyone → `frontend`");
    expect(said["Who is denied"]).toContain("- `backend` may not be called by `edge`.");
    expect(said["Who is denied"]).not.toContain("`frontend` may not");
  });

  test("without TLS shows which ports are plain", () => {
    const consul = { datacenter: "dc1", address: "10.77.0.10:8500", acl: false, tls: false, gossipEncryption: false };
    const ports = wordsOf({ consul })["What listens where"];
    expect(ports).toContain("| server1 | every address | 8500 | HTTP API | Consul's agent |");
    expect(ports).toContain("| server1 | every address | 8301 | gossip | Consul's agent |");
    expect(wordsOf({ consul })["Files with secrets, which are not here"]).toBe("None.");
  });

  test("rolls the instances of a service one after another", () => {
    expect(wordsOf({})["In which order a deploy does things"]).toContain(
      "   - `frontend` on worker1, after `backend`\n   - `frontend` on worker2, after the one on worker1",
    );
  });

  test("with a retired node says that nothing runs there", () => {
    const mesh = declaration();
    mesh.nodes.worker3 = { ...mesh.nodes.worker1!, address: "10.77.0.14", retired: true };
    const said = sections(meshInWords(meshOf(mesh), []));
    expect(said.Nodes).toContain("| worker3 | worker | 10.77.0.14 | nothing: it is retired |");
    expect(said["What listens where"]).not.toContain("worker3");
  });
});
