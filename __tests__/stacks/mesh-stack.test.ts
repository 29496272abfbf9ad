import type { ConfigEntryDeclaration, OwnedEntry } from "../../model";
import { instanceRelease, type NodeFile } from "../../templates";
import { clusterGraph, type Graph, meshGraph, programs } from "../support/graph";
import { documentOf, verbOf } from "../support/programs";
import { declaration, meshOf, severalBackends } from "../support/shop";
import { filesIn, readText } from "../support/terraform-text";

const graph = meshGraph(meshOf(declaration()));

describe("order", () => {
  test.each([
    [
      "service-defaults after proxy-defaults",
      "consul_config_entry.service-defaults_backend",
      "consul_config_entry.proxy-defaults_global",
    ],
    [
      "the deny-all after service-defaults",
      "consul_config_entry.service-intentions_any",
      "consul_config_entry.service-defaults_frontend",
    ],
    [
      "new edges are allowed when the agents are refreshed",
      "null_resource.handover",
      "null_resource.refreshed_worker1",
    ],
    ["new edges are allowed first of all", "consul_config_entry.service-defaults_backend", "null_resource.handover"],
    [
      "an allow after the deny-all",
      "consul_config_entry.service-intentions_backend",
      "consul_config_entry.service-intentions_any",
    ],
    [
      "old edges are refused last: when no old instance is left anywhere",
      "consul_config_entry.service-intentions_backend",
      "null_resource.sweep_worker1",
    ],
    [
      "what waits for each entry, so that one that is removed is refused last as well",
      "null_resource.settled",
      "consul_config_entry.service-intentions_backend",
    ],
    [
      "what empties a machine after the deny-all, so that destroy does it before that goes",
      "null_resource.wipe_worker1",
      "consul_config_entry.service-intentions_any",
    ],
    ["and after the machine itself", "null_resource.wipe_worker1", "null_resource.node_worker1"],
    ["and before what it empties", "null_resource.instance_backend_worker2", "null_resource.wipe_worker2"],
    ["an instance after the new edges are allowed", "null_resource.instance_backend_worker2", "null_resource.handover"],
    [
      "an upstream before its caller",
      "null_resource.instance_frontend_worker1",
      "null_resource.instance_backend_worker2",
    ],
    [
      "instances of one service one after another",
      "null_resource.instance_frontend_worker2",
      "null_resource.instance_frontend_worker1",
    ],
    [
      "routes after what they lead to",
      "consul_config_entry.ingress-gateway_edge",
      "null_resource.instance_frontend_worker2",
    ],
    ["routes after the gateway", "consul_config_entry.ingress-gateway_edge", "null_resource.instance_edge_gateway1"],
    ["the probe after the routes", "null_resource.probe_edge_gateway1", "consul_config_entry.ingress-gateway_edge"],
    ["the sweep after the probe, on every machine", "null_resource.sweep_server1", "null_resource.probe_edge_gateway1"],
  ])("%s", (_, later, earlier) => {
    expect(graph.waitsFor(later, earlier)).toBe(true);
    expect(graph.waitsFor(earlier, later)).toBe(false);
  });

  test.each([
    ["a machine is made ready", "null_resource.node_worker1", "null_resource.handover"],
    ["a gateway starts", "null_resource.instance_edge_gateway1", "null_resource.instance_backend_worker2"],
  ])("%s while others are at work", (_, one, other) => {
    expect([graph.waitsFor(one, other), graph.waitsFor(other, one)]).toEqual([false, false]);
  });

  test.each([
    ["the machine of a worker", graph, "null_resource.wipe_worker1"],
    ["the machine of a server", graph, "null_resource.wipe_server1"],
    ["a Consul agent", clusterGraph(meshOf(declaration())), "null_resource.agent_server1"],
  ])("%s that changes is not emptied first", (_, of, address) => {
    // Terraform runs destroy-time provisioners before a replacement, but not under create_before_destroy.
    expect(of.resource(address).lifecycle).toEqual({ create_before_destroy: true });
  });

  test("nothing but its node and binary holds the first instance back", () => {
    expect(graph.resource("null_resource.instance_backend_worker2").depends_on).toEqual([
      "null_resource.wipe_worker2",
      "null_resource.tokens_worker2",
      "null_resource.begun_worker2",
      "null_resource.binary_worker2_6275696c642f",
    ]);
  });

  test("services that call each other lose only the order between them", () => {
    const changed = declaration();
    changed.services!.backend!.upstreams = { frontend: { localPort: 5001 } };
    const cyclic = meshGraph(meshOf(changed));
    expect(cyclic.waitsFor("null_resource.instance_frontend_worker1", "null_resource.instance_backend_worker2")).toBe(
      false,
    );
    expect(cyclic.waitsFor("consul_config_entry.ingress-gateway_edge", "null_resource.instance_frontend_worker2")).toBe(
      true,
    );
  });
});

describe("what routes calls", () => {
  const routed = (...configEntries: ConfigEntryDeclaration[]) => meshGraph(meshOf(declaration({ configEntries })));
  const subsets = { v1: { filter: "Node.Node == worker2" } };
  const failover = { "*": { service: "backend", serviceSubset: "v1" } };
  const router: ConfigEntryDeclaration = { kind: "service-router", name: "frontend", routes: [] };
  const splitter: ConfigEntryDeclaration = { kind: "service-splitter", name: "frontend", splits: [{ weight: 100 }] };
  const resolver: ConfigEntryDeclaration = { kind: "service-resolver", name: "frontend", failover };
  const named: ConfigEntryDeclaration = { kind: "service-resolver", name: "backend", subsets };
  const all = routed(router, splitter, resolver, named);
  const entry = (kind: string, name = "frontend") => `consul_config_entry.service-${kind}_${name}`;

  test.each([
    [
      "is written when the instances that it names are there",
      "null_resource.routing",
      "null_resource.instance_backend_worker2",
    ],
    ["and every instance of theirs", "null_resource.routing", "null_resource.instance_frontend_worker2"],
    ["by a program first, which knows in which order", entry("resolver", "backend"), "null_resource.routing"],
    [
      "a splitter after the resolvers, so that destroy removes it first",
      entry("splitter"),
      entry("resolver", "backend"),
    ],
    ["a router after the splitters", entry("router"), entry("splitter")],
    ["a failover after the resolver that it names", entry("resolver"), entry("resolver", "backend")],
    ["routes of a gateway after it", "consul_config_entry.ingress-gateway_edge", entry("router")],
    ["old instances go after it", "null_resource.sweep_worker1", entry("router")],
  ])("%s", (_, later, earlier) => {
    expect(all.waitsFor(later, earlier)).toBe(true);
    expect(all.waitsFor(earlier, later)).toBe(false);
  });

  test("two that stand in for each other have no circle", () => {
    const both = {
      kind: "service-resolver",
      name: "backend",
      subsets,
      failover: { "*": { service: "frontend" } },
    } as const;
    const circle = routed({ ...resolver, subsets }, both);
    const order = [entry("resolver"), entry("resolver", "backend")] as const;
    expect([circle.waitsFor(...order), circle.waitsFor(order[1], order[0])].filter(Boolean)).toHaveLength(1);
  });

  test("where nothing of the kind is declared, no program runs", () => {
    expect(graph.addresses).not.toContain("null_resource.routing");
  });

  test("a share of the calls that changes: the entry, both programs and their end, no instance", () => {
    const split = (weight: number): ConfigEntryDeclaration => ({
      kind: "service-splitter",
      name: "frontend",
      splits: [{ weight }, { weight: 100 - weight, service: "backend" }],
    });
    expect(changes(routed(split(10)), routed(split(20)))).toEqual([
      entry("splitter"),
      "null_resource.handover",
      "null_resource.routing",
      "null_resource.settled",
    ]);
  });
});

describe("what a change touches", () => {
  test("an argument of one service: its instances alone", () => {
    const changed = declaration();
    changed.services!.backend!.run.args = ["-v"];
    expect(changes(graph, meshGraph(meshOf(changed)))).toEqual(["null_resource.instance_backend_worker2"]);
  });

  test("a host of a route: the entry and its probe, no instance", () => {
    const changed = declaration();
    changed.gateways!.edge!.listeners[0]!.services[0]!.hosts = ["shop.test"];
    expect(changes(graph, meshGraph(meshOf(changed)))).toEqual([
      "consul_config_entry.ingress-gateway_edge",
      "null_resource.probe_edge_gateway1",
    ]);
  });

  test("another setting of a listener: the entry and its probe, which records it", () => {
    const withTls = (minVersion: "TLSv1_2" | "TLSv1_3") => {
      const changed = declaration();
      const listener = changed.gateways!.edge!.listeners[0]!;
      listener.tls = { minVersion };
      listener.services[0]!.hosts = ["shop.test"];
      return meshGraph(meshOf(changed));
    };
    expect(changes(withTls("TLSv1_2"), withTls("TLSv1_3"))).toEqual([
      "consul_config_entry.ingress-gateway_edge",
      "null_resource.probe_edge_gateway1",
    ]);
  });

  test("a new service: no other instance", () => {
    const changed = declaration();
    changed.services!.cart = { runsOn: ["worker1"], port: 9003, protocol: "http", run: { binary: "build/web" } };
    const touched = changes(graph, meshGraph(meshOf(changed)));
    expect(touched.filter((address) => address.includes(".instance_"))).toEqual([
      "null_resource.instance_cart_worker1",
    ]);
  });

  test("one more instance on a node: the definition of the first, and what is new", () => {
    const [one, two] = [1, 2].map((instances) => meshGraph(meshOf(severalBackends(instances)))) as [Graph, Graph];
    expect(changes(one, two)).toEqual([
      "consul_acl_token.token_backend_2_worker2",
      "null_resource.begun_worker2",
      "null_resource.instance_backend_2_worker2",
      "null_resource.instance_backend_worker2",
      "null_resource.settled",
      "null_resource.sweep_worker2",
      "null_resource.tokens_worker2",
    ]);
    expect(
      two.addresses.filter((address) => !one.addresses.includes(address) && !address.startsWith("local_")),
    ).toEqual(["consul_acl_token.token_backend_2_worker2", "null_resource.instance_backend_2_worker2"]);
    expect(two.waitsFor("null_resource.instance_backend_2_worker2", "null_resource.instance_backend_worker2")).toBe(
      true,
    );
    expect(two.waitsFor("null_resource.instance_frontend_worker1", "null_resource.instance_backend_2_worker2")).toBe(
      true,
    );
    expect(documentOf(two.program("null_resource.sweep_worker2"))).toMatchObject({
      instances: ["backend", "backend_2", "frontend"],
    });
  });

  test("a node replaced by a new machine: everything that is put on it", () => {
    const changed = declaration();
    changed.nodes.worker1!.hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDi55oTxoN5ThtRrOCCZJZKI0w8pJ3vTQkv1kz3GXRxI";
    const touched = changes(graph, meshGraph(meshOf(changed)));
    expect(touched).toEqual([
      "null_resource.binary_worker1_6275696c642f",
      "null_resource.instance_frontend_worker1",
      "null_resource.node_worker1",
      "null_resource.refreshed_worker1",
      "null_resource.sweep_worker1",
      "null_resource.tokens_worker1",
      "null_resource.wipe_worker1",
    ]);
  });
});

test("a node that cannot be reached holds up nothing on others but what follows its own instances", () => {
  const mayFail = (address: string) => JSON.stringify(graph.resource(address)).includes('"on_failure":"continue"');
  const onWorker1 = graph.addresses.filter((address) => address.endsWith("_worker1") && !mayFail(address));
  const held = ["null_resource.instance_backend_worker2", "null_resource.node_gateway1", "null_resource.handover"];
  expect(onWorker1).not.toEqual([]);
  expect(held.flatMap((one) => onWorker1.filter((address) => graph.waitsFor(one, address)))).toEqual([]);
});

test("ids do not change: renaming one would replace the real thing", () => {
  expect(graph.addresses.filter((address) => !address.startsWith("local_file."))).toEqual([
    "consul_acl_policy.policy_edge_gateway1",
    "consul_acl_policy.policy_handover",
    "consul_acl_policy.policy_routes",
    "consul_acl_token.token_backend_worker2",
    "consul_acl_token.token_edge_gateway1",
    "consul_acl_token.token_frontend_worker1",
    "consul_acl_token.token_frontend_worker2",
    "consul_acl_token.token_handover",
    "consul_acl_token.token_routes",
    "consul_config_entry.ingress-gateway_edge",
    "consul_config_entry.proxy-defaults_global",
    "consul_config_entry.service-defaults_backend",
    "consul_config_entry.service-defaults_frontend",
    "consul_config_entry.service-intentions_any",
    "consul_config_entry.service-intentions_backend",
    "consul_config_entry.service-intentions_frontend",
    "null_resource.begun_gateway1",
    "null_resource.begun_server1",
    "null_resource.begun_worker1",
    "null_resource.begun_worker2",
    "null_resource.binary_worker1_6275696c642f",
    "null_resource.binary_worker2_6275696c642f",
    "null_resource.handover",
    "null_resource.instance_backend_worker2",
    "null_resource.instance_edge_gateway1",
    "null_resource.instance_frontend_worker1",
    "null_resource.instance_frontend_worker2",
    "null_resource.node_gateway1",
    "null_resource.node_server1",
    "null_resource.node_worker1",
    "null_resource.node_worker2",
    "null_resource.probe_edge_gateway1",
    "null_resource.refreshed_gateway1",
    "null_resource.refreshed_worker1",
    "null_resource.refreshed_worker2",
    "null_resource.served",
    "null_resource.settled",
    "null_resource.sweep_gateway1",
    "null_resource.sweep_server1",
    "null_resource.sweep_worker1",
    "null_resource.sweep_worker2",
    "null_resource.swept",
    "null_resource.tokens_gateway1",
    "null_resource.tokens_worker1",
    "null_resource.tokens_worker2",
    "null_resource.wipe_gateway1",
    "null_resource.wipe_server1",
    "null_resource.wipe_worker1",
    "null_resource.wipe_worker2",
  ]);
});

test("every config entry outlives what still names it", () => {
  for (const address of graph.addresses.filter((one) => one.startsWith("consul_config_entry."))) {
    expect(graph.resource(address).lifecycle).toEqual({ create_before_destroy: true });
  }
});

test("replacing a program never runs what empties a machine on destroy", () => {
  for (const one of [graph, clusterGraph(meshOf(declaration()))]) {
    for (const address of one.addresses.filter((name) => /\.(agent|node|instance|sweep|probe)_/.test(name))) {
      expect(one.resource(address).lifecycle).toEqual({ create_before_destroy: true });
    }
  }
});

test("every connection checks the host key and names no secret", () => {
  const connection = graph.resource("null_resource.instance_backend_worker2").connection;
  expect(connection).toMatchObject({
    host: "10.77.0.13",
    host_key: expect.stringMatching(/^ssh-ed25519 /),
    private_key: '${file("/project/keys/deploy")}',
    agent: "false",
  });
});

test("ssh through a bastion, as another user, with an agent", () => {
  const changed = declaration();
  const { hostKey } = changed.nodes.worker1!;
  changed.ssh = { user: "deploy", agent: true, port: 2222, bastion: { host: "jump.test", user: "hop", hostKey } };
  expect(meshGraph(meshOf(changed)).resource("null_resource.node_worker1").connection).toMatchObject({
    user: "deploy",
    port: 2222,
    agent: "true",
    bastion_host: "jump.test",
    bastion_user: "hop",
    bastion_port: 22,
    bastion_host_key: hostKey,
    // Terraform looks for both there.
    host_key: expect.stringMatching(/^sk-\S+ \S+\n10\.77\.0\.12:2222 ssh-ed25519 \S+\njump\.test:22 ssh-ed25519 \S+$/),
  });
});

test("what stands in a Terraform argument is literal", () => {
  const files = graph.resource("local_file.files_of_instance_frontend_worker1");
  expect(files.content).toContain("$${path.module} %%{ if true }");
  expect(readText(String(files.content))).toContain("marked \\${path.module} %{ if true }");
});

test("a program reaches its node whole, though the text that all of them share is in the file only once", () => {
  const mesh = meshOf(declaration());
  for (const instance of mesh.instances) {
    const address = `null_resource.instance_${instance.workload.name}_${instance.node.name}`;
    const record = `#!/bin/sh\nRESOURCE='${address.split(".")[1]}'\nCREATION='4711'\n`;
    expect(graph.program(address)).toBe(instanceRelease(mesh, instance).program.replace("#!/bin/sh\n", record));
  }
  const created = /"when": "create"/.exec(graph.text);
  const destroyed = graph.text.split('"when": "destroy"').length - 1;
  expect(created).not.toBeNull();
  expect(graph.text.split("# Terraform uploads this file and runs it").length - 1).toBe(1 + destroyed);
});

describe("files for review", () => {
  const fileOf = (of: Graph, id: string) => of.resource(`local_file.${id}`) as { filename: string; content: string };

  test("are one text an instance, which has every file of the release", () => {
    const { filename, content } = fileOf(graph, "files_of_instance_backend_worker2");
    expect(filename).toBe("../../worker2/instances/backend.txt");
    const { files } = documentOf(graph.program("null_resource.instance_backend_worker2"));
    expect(filesIn(readText(content))).toEqual(files.map((file: NodeFile) => [file.path, file.content]));
    expect(files.map(({ path }: NodeFile) => path)).toContain("/etc/systemd/system/backend-sidecar-proxy.service");
  });

  test("and one a node, its agent and what cloud-init is given", () => {
    const mesh = ["files_of_node_worker2", "file_worker2_user_data"].map((id) => fileOf(graph, id).filename);
    const agent = fileOf(clusterGraph(meshOf(declaration())), "files_of_agent_worker2");
    expect([...mesh, agent.filename]).toEqual([
      "../../worker2/node.txt",
      "../../worker2/user_data",
      "../../worker2/agent.txt",
    ]);
    expect(filesIn(readText(agent.content)).map(([path]) => path)).toContain("/etc/systemd/system/consul.service");
  });
});

test("a gateway without listeners is deployed and has no route to probe", () => {
  const changed = declaration();
  changed.gateways!.edge!.listeners = [];
  const part1 = meshGraph(meshOf(changed));
  expect(part1.addresses).toContain("null_resource.instance_edge_gateway1");
  expect(part1.addresses).not.toContain("null_resource.probe_edge_gateway1");
});

test("a retired node keeps only the program that empties it", () => {
  const changed = declaration();
  changed.nodes.spare = { ...changed.nodes.worker1!, address: "10.77.0.14", retired: true };
  const retired = meshGraph(meshOf(changed));
  expect(retired.addresses.filter((address) => /null_resource\..*_spare$/.test(address))).toEqual([
    "null_resource.sweep_spare",
  ]);
  expect(documentOf(retired.program("null_resource.sweep_spare"))).toMatchObject({
    agent: true,
    onDestroy: false,
  });
});

test("destroying the mesh empties every machine", () => {
  for (const node of ["server1", "gateway1", "worker1", "worker2"]) {
    const [onDestroy] = provisioners(graph.resource(`null_resource.wipe_${node}`));
    expect(onDestroy).toMatchObject({ when: "destroy" });
  }
});

test("the cluster's workers wait for its servers", () => {
  const cluster = clusterGraph(meshOf(declaration()));
  expect(cluster.waitsFor("null_resource.agent_worker1", "null_resource.agent_server1")).toBe(true);
});

describe("in a Consul that was there before", () => {
  const owning = (...owns: OwnedEntry[]) =>
    meshGraph(meshOf(declaration({ consul: { ...declaration().consul, existing: true, owns } })));
  const forEveryone = ["consul_config_entry.proxy-defaults_global", "consul_config_entry.service-intentions_any"];
  const forgotten = [...forEveryone, "consul_config_entry.mesh_mesh"];
  const among = ({ addresses }: Graph) => addresses.filter((address) => forEveryone.includes(address));

  test("no entry for everyone is written, and one of an earlier deploy stays there", () => {
    const unowned = owning();
    expect(among(unowned)).toEqual([]);
    expect(unowned.json.removed).toEqual(forgotten.map((from) => ({ from, lifecycle: { destroy: false } })));
    expect(unowned.waitsFor("null_resource.instance_frontend_worker1", "null_resource.handover")).toBe(true);
    expect(unowned.waitsFor("null_resource.handover", "null_resource.refreshed_worker1")).toBe(true);
    expect(unowned.waitsFor("null_resource.wipe_worker1", "consul_config_entry.service-defaults_frontend")).toBe(true);
    expect(unowned.waitsFor("consul_config_entry.service-intentions_backend", "null_resource.sweep_worker1")).toBe(
      true,
    );
  });

  test("what the mesh owns is written in the same order as ever", () => {
    const owned = owning("proxy-defaults", "default-deny", "mesh");
    expect(among(owned)).toEqual(forEveryone);
    expect(owned.json.removed).toBeUndefined();
    expect(owned.waitsFor("null_resource.wipe_worker1", "consul_config_entry.service-intentions_any")).toBe(true);
    expect(among(owning("default-deny"))).toEqual(["consul_config_entry.service-intentions_any"]);
  });
});

test("a sweep knows its mesh, what belongs there, and which gateways made by hand go", () => {
  const sweepOf = (of: Graph, node: string) => of.resource(`null_resource.sweep_${node}`);
  const document = (node: string, of = graph) => documentOf(of.program(`null_resource.sweep_${node}`));
  expect(document("worker2")).toEqual({
    mesh: "shop",
    node: "worker2",
    instances: ["backend", "frontend"],
    binaries: [expect.stringMatching(/^6275696c642f/)],
    letGo: [],
  });
  // WHEN the declaration lets the gateway go
  const lettingGo = meshGraph(meshOf({ ...declaration(), takeOver: { gateways: ["edge"], letGo: ["edge"] } }));
  // THEN it goes where it is not declared, and only there the sweep runs again for it
  expect(document("worker2", lettingGo)).toMatchObject({ letGo: ["edge"] });
  expect(document("gateway1", lettingGo)).toMatchObject({ instances: ["edge"], letGo: [] });
  expect(sweepOf(lettingGo, "worker2").triggers).toMatchObject({ let_go: "edge" });
  expect(sweepOf(lettingGo, "gateway1").triggers).toEqual(sweepOf(graph, "gateway1").triggers);
});

test("a deploy that failed half-way is swept when the declaration is what it was before", () => {
  // GIVEN a deploy that began to put a new instance on worker1, and failed
  const more = declaration();
  more.services!.backend!.runsOn = ["worker1", "worker2"];
  const failed = meshGraph(meshOf(more));
  const begun = (one: Graph) => one.resource("null_resource.begun_worker1").triggers;
  // THEN that was recorded before the instance
  expect(begun(failed)).not.toEqual(begun(graph));
  expect(failed.waitsFor("null_resource.instance_backend_worker1", "null_resource.begun_worker1")).toBe(true);
  // AND going back is another change, with which the sweep runs
  expect(graph.resource("null_resource.sweep_worker1").triggers).toMatchObject({
    begun: "${null_resource.begun_worker1.id}",
  });
});

test.each([
  ["wipe_worker1", "wipe", { mesh: "shop", node: "worker1", agent: false, onDestroy: true }],
  ["instance_backend_worker2", "instance apply", { mesh: "shop", node: "worker2", name: "backend" }],
  ["tokens_worker2", "tokens", { mesh: "shop", node: "worker2" }],
])("%s knows its mesh, so that it can refuse a node of another", (id, verb, document) => {
  const program = graph.program(`null_resource.${id}`);
  expect(verbOf(program)).toBe(verb);
  expect(documentOf(program)).toMatchObject(document);
});

describe("gatehouse-node is uploaded once a node", () => {
  test("by the first stack that needs it", () => {
    const cluster = clusterGraph(meshOf(declaration()));
    expect(cluster.addresses.filter((address) => address.includes(".program_"))).toEqual(
      ["gateway1", "server1", "worker1", "worker2"].map((node) => `null_resource.program_${node}`),
    );
    expect(cluster.waitsFor("null_resource.agent_worker1", "null_resource.program_worker1")).toBe(true);
    const existing = meshGraph(meshOf(declaration({ consul: { ...declaration().consul, existing: true } })));
    for (const first of ["tokens_worker1", "node_worker1"]) {
      expect(existing.waitsFor(`null_resource.${first}`, "null_resource.program_worker1")).toBe(true);
    }
    expect(existing.waitsFor("null_resource.handover", "null_resource.program_server1")).toBe(true);
  });

  test("again when its sources change, and not when another Go release built it", () => {
    const { triggers } = clusterGraph(meshOf(declaration())).resource("null_resource.program_worker1");
    expect(triggers).toMatchObject({ version: programs.amd64.version });
    expect(JSON.stringify(triggers)).not.toContain(programs.amd64.sha256);
  });

  test("once more to a retired node, which may be switched off afterwards", () => {
    const retired = declaration();
    retired.nodes.spare = { ...retired.nodes.worker1!, address: "10.77.0.99", retired: true };
    const resource = clusterGraph(meshOf(retired)).resource("null_resource.program_spare");
    expect(resource.triggers).not.toHaveProperty("version");
    expect(JSON.stringify(resource)).not.toContain('"when":"destroy"');
    const used = clusterGraph(meshOf(declaration())).resource("null_resource.program_worker1");
    expect(JSON.stringify(used)).toContain('"when":"destroy"');
  });

  test("for the processor of the node", () => {
    const arm = declaration();
    arm.nodes.worker1!.arch = "arm64";
    const resource = clusterGraph(meshOf(arm)).resource("null_resource.program_worker1");
    expect(JSON.stringify(resource)).toContain(programs.arm64.sha256);
  });
});

/** Addresses that Terraform would create, replace or update to get from one graph to the other. */
function changes(before: Graph, after: Graph): string[] {
  const wanted = (graph: Graph, address: string) => {
    const { triggers, config_json } = graph.resource(address);
    return JSON.stringify([triggers, config_json]);
  };
  return after.addresses.filter(
    (address) =>
      !address.startsWith("local_file.") &&
      (!before.addresses.includes(address) || wanted(before, address) !== wanted(after, address)),
  );
}

function provisioners(resource: Record<string, unknown>): Record<string, unknown>[] {
  return (resource.provisioner as Record<string, Record<string, unknown>>[]).map((one) => one["remote-exec"] ?? {});
}
