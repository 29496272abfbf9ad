import type { MeshDeclaration } from "../../model";
import { type Graph, meshGraph } from "../support/graph";
import { documentOf } from "../support/programs";
import { declaration, meshOf } from "../support/shop";

const taking = (configEntries: string[], consul: Partial<MeshDeclaration["consul"]> = {}): Graph =>
  meshGraph(
    meshOf(
      declaration({
        consul: { ...declaration().consul, existing: true, owns: ["proxy-defaults"], ...consul },
        takeOver: { configEntries },
      }),
    ),
  );

const NAMES = ["service-defaults/backend", "ingress-gateway/edge", "proxy-defaults/global"];
const graph = taking(NAMES);
const backend = "null_resource.entry_service-defaults_backend";

test("what is taken over is written by gatehouse-node, in the place that Terraform's own resource would have", () => {
  expect(graph.addresses.filter((address) => /service-defaults|ingress-gateway_|proxy-/.test(address))).toEqual([
    "consul_config_entry.service-defaults_frontend",
    "null_resource.entry_ingress-gateway_edge",
    "null_resource.entry_proxy-defaults_global",
    backend,
  ]);
  expect(graph.waitsFor(backend, "null_resource.handover")).toBe(true);
  expect(graph.waitsFor(backend, "null_resource.entry_proxy-defaults_global")).toBe(true);
  expect(graph.waitsFor("null_resource.entry_proxy-defaults_global", "null_resource.program_server1")).toBe(true);
  expect(graph.waitsFor("null_resource.instance_backend_worker2", backend)).toBe(true);
  expect(graph.waitsFor("null_resource.entry_ingress-gateway_edge", "null_resource.instance_edge_gateway1")).toBe(true);
});

test("Terraform forgets what it wrote before it was taken over: to delete it would leave a gap", () => {
  const from = graph.json.removed.map((one: { from: string }) => one.from);
  expect(from).toEqual(expect.arrayContaining(NAMES.map((name) => `consul_config_entry.${name.replace("/", "_")}`)));
});

test("the handover records what is taken over before anything is changed", () => {
  const document = (one: Graph) => documentOf(one.program("null_resource.handover"));
  expect(document(graph).takeOver).toEqual(NAMES);
  expect(document(taking([]))).not.toHaveProperty("takeOver");
});

test("its token may change these entries and no others, and no trigger holds it", () => {
  const rules = String(graph.resource("consul_acl_policy.policy_taken").rules).replace(/\s+/g, " ");
  expect(rules).toBe(
    "# The program that writes config entries in place of those that were made by hand, and puts these back. " +
      'key_prefix "gatehouse/shop/taken-over/" { policy = "write" } ' +
      'service "backend" { policy = "write" intentions = "write" } service "edge" { policy = "read" } mesh = "write" ',
  );
  const { triggers, provisioner } = graph.resource(backend) as {
    triggers: Record<string, string>;
    provisioner: Record<string, { when: string; inline?: string[] }>[];
  };
  expect(Object.keys(triggers).sort()).toEqual(["entry", "machine"]);
  const atTheEnd = provisioner.flatMap((one) => Object.entries(one)).filter(([, { when }]) => when === "destroy");
  expect(atTheEnd.map(([type]) => type)).toEqual(["remote-exec"]);
  // No reference, and no file of secrets.
  expect(atTheEnd[0]?.[1].inline?.join("\n")).not.toMatch(/(?<!\$)\$\{|^SECRETS=/m);
});

test("without ACLs there is no token", () => {
  const open = taking(NAMES, { acl: false });
  expect(open.text).not.toContain("secret_taken");
});

test("what left the declaration is put back at the end, also when it was the last", () => {
  const settle = "null_resource.settle_entries";
  for (const one of [graph, taking([])]) {
    expect(one.waitsFor(settle, "null_resource.swept")).toBe(true);
    expect(one.waitsFor(settle, "consul_config_entry.service-intentions_backend")).toBe(true);
  }
  expect(documentOf(graph.program(settle))).toMatchObject({
    takeOver: NAMES,
    written: expect.arrayContaining(["service-defaults/frontend"]),
  });
  expect(taking([]).resource(settle).triggers).toMatchObject({ take_over: "" });
  expect(meshGraph(meshOf(declaration())).addresses).not.toContain(settle);
});
