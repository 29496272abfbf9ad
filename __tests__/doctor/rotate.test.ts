import { certificates, rotation } from "../../doctor/rotate";
import { clusterGraph, meshGraph } from "../support/graph";
import { declaration, meshOf } from "../support/shop";

const mesh = meshOf(declaration());

test("every token that Terraform makes is rotated, and nothing else", () => {
  const replaced = rotation(mesh, "all").map(({ stack, replace }) => `${stack} ${replace}`);
  const tokens = (stack: string, { addresses }: { addresses: string[] }) =>
    addresses.filter((address) => address.startsWith("consul_acl_token.")).map((address) => `${stack} ${address}`);
  expect(replaced.sort()).toEqual(
    [...tokens("cluster", clusterGraph(mesh)), ...tokens("mesh", meshGraph(mesh))].sort(),
  );
});

test("a service's tokens are those of its instances", () => {
  expect(rotation(mesh, ["frontend"])).toEqual([
    { stack: "mesh", replace: "consul_acl_token.token_frontend_worker1" },
    { stack: "mesh", replace: "consul_acl_token.token_frontend_worker2" },
  ]);
});

test("where Consul was there before, a node's token is the mesh stack's", () => {
  const changed = declaration();
  changed.consul.existing = true;
  const [token] = rotation(meshOf(changed), ["worker1"]);
  expect(token).toEqual({ stack: "mesh", replace: "consul_acl_token.token_agent_of_worker1" });
  expect(meshGraph(meshOf(changed)).addresses).toContain(token?.replace);
});

test("an unknown name is refused with those that there are", () => {
  expect(() => rotation(mesh, ["fronted"])).toThrow(/no token of "fronted".*backend, edge, frontend, gateway1/);
});

test("without ACLs there is nothing to rotate", () => {
  const open = declaration();
  open.consul.acl = false;
  expect(() => rotation(meshOf(open), "all")).toThrow(/consul\.acl is false/);
});

test("certificates are brought by the agents' programs", () => {
  const { addresses } = clusterGraph(mesh);
  const replaced = certificates(mesh).map(({ replace }) => replace ?? "");
  expect(replaced).toHaveLength(4);
  expect(addresses).toEqual(expect.arrayContaining(replaced));
});
