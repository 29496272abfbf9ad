import type { ConsulDeclaration, MeshDeclaration } from "../../model";
import { openings } from "../../stacks";
import { clusterGraph, type Graph, meshGraph } from "../support/graph";
import { service } from "../support/parts";
import { declaration, meshOf } from "../support/shop";

const locked = meshOf(declaration());
const cluster = clusterGraph(locked);
const mesh = meshGraph(locked);

/** Both while one replaces the other. */
const AUTHORITIES =
  'join("", [local.secrets.ca.cert, try(local.secrets.ca.next.cert, ""), try(local.secrets.ca.previous, "")])';

const lockedBut = (consul: Partial<ConsulDeclaration>): MeshDeclaration => {
  const changed = declaration();
  Object.assign(changed.consul, consul);
  return changed;
};

const open = { acl: false, tls: false, gossipEncryption: false };

describe("without a word about it in the declaration", () => {
  test("Terraform talks to Consul by HTTPS, with a certificate and the management token", () => {
    for (const graph of [cluster, mesh]) {
      expect(graph.json.provider.consul).toEqual([
        {
          address: "10.77.0.10:8501",
          datacenter: "dc1",
          scheme: "https",
          token: "${local.secrets.managementToken}",
          ca_pem: `\${${AUTHORITIES}}`,
          cert_pem: "${local.secrets.servers.server1.cert}",
          key_pem: "${local.secrets.servers.server1.key}",
        },
      ]);
    }
  });

  test("secrets are read when Terraform runs, from a variable or a file, and kept in no plan", () => {
    expect(cluster.json.variable.gatehouse_secrets).toMatchObject({ sensitive: true, ephemeral: true, default: "" });
    expect(cluster.json.locals.secrets).toMatch(
      /^\$\{jsondecode\(var\.gatehouse_secrets != "" \? var\.gatehouse_secrets : sensitive\(file\(".*\/secrets\/shop\.json"\)\)\)\}$/,
    );
  });

  test("an agent's secrets come as a file, never in the text of a program", () => {
    expect(secretsOf(cluster, "null_resource.agent_server1")).toBe(
      `\${jsonencode({"gossipKey" = local.secrets.gossipKey, "ca" = ${AUTHORITIES}, ` +
        '"cert" = local.secrets.servers.server1.cert, "key" = local.secrets.servers.server1.key, ' +
        '"managementToken" = local.secrets.managementToken})}',
    );
    expect(secretsOf(cluster, "null_resource.agent_worker1")).toBe(
      `\${jsonencode({"gossipKey" = local.secrets.gossipKey, "ca" = ${AUTHORITIES}, ` +
        '"agentToken" = data.consul_acl_token_secret_id.secret_agent_of_worker1.secret_id})}',
    );
  });

  test("every agent has the identity of its node", () => {
    expect(cluster.resource("consul_acl_token.token_agent_of_worker1")).toMatchObject({
      node_identities: [{ node_name: "worker1", datacenter: "dc1" }],
      policies: ["${consul_acl_policy.policy_agent_of_worker1.name}"],
    });
  });

  test("every instance of a service has the identity of the service and no more", () => {
    const { service_identities, policies, node_identities } = mesh.resource("consul_acl_token.token_frontend_worker2");
    expect(service_identities).toEqual([{ service_name: "frontend", datacenters: ["dc1"] }]);
    expect([policies, node_identities]).toEqual([undefined, undefined]);
  });

  test("a gateway may write itself, and read the services that it leads to", () => {
    const rules = String(mesh.resource("consul_acl_policy.policy_edge_gateway1").rules).replace(/\s+/g, " ");
    expect(rules).toContain('service "edge" { policy = "write" }');
    expect(rules.match(/"write"/g)).toHaveLength(1);
  });

  test("a probe may read its gateways and write gateways, no more", () => {
    expect(String(mesh.resource("consul_acl_policy.policy_routes").rules)).toBe(
      "# The programs that put the routes of an ingress gateway back when the new ones do not answer.\n" +
        'service "edge" {\n  policy = "read"\n}\nmesh = "write"\n',
    );
  });

  test("the handover and the probes get their tokens each time they run, and no run is due to another token", () => {
    expect(secretsOf(mesh, "null_resource.handover")).toBe(
      '${jsonencode({"handover" = data.consul_acl_token_secret_id.secret_handover.secret_id})}',
    );
    expect(secretsOf(mesh, "null_resource.probe_edge_gateway1")).toBe(
      '${jsonencode({"probe" = data.consul_acl_token_secret_id.secret_routes.secret_id})}',
    );
    for (const address of ["null_resource.handover", "null_resource.probe_edge_gateway1"]) {
      expect(JSON.stringify(mesh.resource(address).triggers)).not.toContain("token");
    }
  });

  test("without routes there is no token for them", () => {
    const changed = declaration();
    changed.gateways!.edge!.listeners = [];
    expect(meshGraph(meshOf(changed)).addresses).not.toContain("consul_acl_token.token_routes");
  });

  test("a token that is replaced rolls its instance alone", () => {
    const triggers = (address: string) => mesh.resource(address).triggers as Record<string, string>;
    expect(triggers("null_resource.instance_backend_worker2").token).toBe(
      "${consul_acl_token.token_backend_worker2.id}",
    );
    expect(triggers("null_resource.instance_frontend_worker2").token).toBe(
      "${consul_acl_token.token_frontend_worker2.id}",
    );
  });

  test("a token is removed after all that used it", () => {
    for (const graph of [cluster, mesh]) {
      for (const address of graph.addresses.filter((one) => one.startsWith("consul_acl_"))) {
        expect(graph.resource(address).lifecycle).toEqual({ create_before_destroy: true });
      }
    }
    const last = "null_resource.settled";
    expect(mesh.waitsFor(last, "consul_acl_token.token_frontend_worker1")).toBe(true);
    expect(mesh.waitsFor(last, "null_resource.sweep_worker1")).toBe(true);
    const smaller = declaration();
    smaller.services!.frontend!.runsOn = ["worker2"];
    expect(meshGraph(meshOf(smaller)).resource(last).triggers).not.toEqual(mesh.resource(last).triggers);
  });

  test("a machine that is to be emptied keeps its token until it is", () => {
    const changed = declaration();
    changed.nodes.spare = { ...changed.nodes.worker1!, address: "10.77.0.14", retired: true };
    const { addresses } = clusterGraph(meshOf(changed));
    expect(addresses).toContain("consul_acl_token.token_agent_of_spare");
    expect(addresses).not.toContain("null_resource.agent_spare");
  });

  test.each([
    ["OOMScoreAdjust", "-500", []],
    ["Nice", "5", []],
    ["ProtectSystem", "full", ["services.web.run.unit may weaken the sandbox of web: ProtectSystem"]],
    [
      "AmbientCapabilities",
      "CAP_NET_RAW",
      ["services.web.run.unit may weaken the sandbox of web: AmbientCapabilities"],
    ],
  ])("a directive %s=%s gives %j", (name, value, warnings) => {
    const web = service({ name: "web", unit: { Service: [{ name, value }] } });
    expect(openings({ ...locked, services: [web] })).toEqual(warnings);
  });

  test("a unit of others is warned of: its port stays open", () => {
    const { binary: _, ...site } = service({ name: "site", unitOfOthers: "nginx.service" });
    expect(openings({ ...locked, services: [site] })).toEqual([
      expect.stringMatching(/^services\.site\.run\.unit: nginx\.service has no sandbox .* its port 9001 is not fenced/),
    ]);
  });

  test("there is nothing to warn of", () => expect(openings(locked)).toEqual([]));
});

describe("where Consul was there before", () => {
  const existing = meshGraph(meshOf(lockedBut({ existing: true })));

  test("token and certificates are taken from the environment", () => {
    expect(existing.json.provider.consul).toEqual([{ address: "10.77.0.10:8501", datacenter: "dc1", scheme: "https" }]);
    expect(existing.json.variable).toBeUndefined();
  });

  test("each machine gets a token for Gatehouse's programs before they ask its agent", () => {
    expect(existing.resource("consul_acl_token.token_agent_of_worker1")).toMatchObject({
      node_identities: [{ node_name: "worker1" }],
    });
    expect(existing.waitsFor("null_resource.node_worker1", "null_resource.tokens_worker1")).toBe(true);
  });
});

describe("where no server is declared", () => {
  const changed = lockedBut({ existing: true });
  for (const [name, { role }] of Object.entries(changed.nodes)) if (role === "server") delete changed.nodes[name];
  const graph = meshGraph(meshOf(changed));

  test("the token of the handover arrives on a worker for its run, and with nothing that stays there", () => {
    const worker = Object.keys(changed.nodes)[0]!;
    const handover = JSON.stringify(graph.resource("null_resource.handover"));
    expect(handover).toContain("/run/gatehouse-secrets/shop/handover.json");
    const others = graph.addresses.filter(
      (one) => one.startsWith("null_resource.") && JSON.stringify(graph.resource(one)).includes("secret_handover"),
    );
    expect(others.filter((one) => !/\.(handover|routing|settle_entries)$/.test(one))).toEqual([]);
    expect(secretsOf(graph, `null_resource.tokens_${worker}`)).not.toContain("handover");
  });
});

describe("what is switched off", () => {
  test("is warned of, each by name", () => {
    expect(openings(meshOf(lockedBut({ ...open, openDns: true, wanGossip: true })))).toEqual([
      expect.stringMatching(/^consul\.acl is false: /),
      expect.stringMatching(/^consul\.tls is false: /),
      expect.stringMatching(/^consul\.gossipEncryption is false: /),
      expect.stringMatching(/^consul\.openDns is true: /),
      expect.stringMatching(/^consul\.wanGossip is true: /),
    ]);
  });

  test("is warned of where Consul was there before", () => {
    expect(openings(meshOf(lockedBut({ existing: true })))).toEqual([
      expect.stringMatching(/^consul\.existing is true: /),
    ]);
  });

  test("needs no secret", () => {
    const mesh = meshOf(lockedBut(open));
    for (const graph of [clusterGraph(mesh), meshGraph(mesh)]) {
      expect(graph.json.variable).toBeUndefined();
      expect(graph.json.provider.consul).toMatchObject([{ scheme: "http" }]);
      expect(graph.addresses.filter((one) => /consul_acl_|tokens_|agent_token_/.test(one))).toEqual([]);
      expect(graph.text).not.toContain("gatehouse-secrets/");
    }
  });

  test("leaves the rest on", () => {
    const half = clusterGraph(meshOf(lockedBut({ tls: false })));
    expect(half.json.provider.consul).toEqual([
      { address: "10.77.0.10:8501", datacenter: "dc1", scheme: "http", token: "${local.secrets.managementToken}" },
    ]);
    expect(secretsOf(half, "null_resource.agent_server1")).toBe(
      '${jsonencode({"gossipKey" = local.secrets.gossipKey, "managementToken" = local.secrets.managementToken})}',
    );
  });
});

/** The secrets that the resource brings to its node before its program runs. */
function secretsOf(graph: Graph, address: string): unknown {
  const provisioners = graph.resource(address).provisioner as Record<string, Record<string, unknown>>[];
  return provisioners.map(({ file }) => file?.content).find(Boolean);
}
