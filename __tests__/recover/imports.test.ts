import { type InConsul, importsFor, leftOver, lostFrom, type PulledState } from "../../recover/imports";

const stack = {
  resource: {
    consul_acl_token: {
      token_web_worker1: { description: "Gatehouse, mesh shop: web on worker1" },
      token_api_worker2: { description: "Gatehouse, mesh shop: api on worker2" },
    },
    consul_acl_policy: {
      policy_handover: { name: "gatehouse-shop-mesh-handover", description: "Gatehouse, mesh shop: the handover" },
    },
    consul_config_entry: {
      "service-defaults_web": { kind: "service-defaults", name: "web" },
      "service-defaults_new": { kind: "service-defaults", name: "new" },
      "service-intentions_any": { kind: "service-intentions", name: "*" },
    },
    null_resource: { web_worker1: {} },
  },
};

const consul: InConsul = {
  tokens: [
    { AccessorID: "old", Description: "Gatehouse, mesh shop: web on worker1", CreateIndex: 10 },
    { AccessorID: "new", Description: "Gatehouse, mesh shop: web on worker1", CreateIndex: 30 },
    { AccessorID: "other", Description: "Gatehouse, mesh shop2: web on worker1", CreateIndex: 40 },
    { AccessorID: "person", Description: "Ann's", CreateIndex: 50 },
  ],
  policies: [
    { ID: "p1", Name: "gatehouse-shop-mesh-handover", Description: "Gatehouse, mesh shop: the handover" },
    { ID: "p2", Name: "gatehouse-shop-mesh-routes", Description: "Gatehouse, mesh shop: the routes" },
  ],
  entries: [
    { Kind: "service-defaults", Name: "web" },
    { Kind: "service-intentions", Name: "*" },
  ],
};

const state = (...resources: [type: string, name: string, id: string][]): PulledState => ({
  resources: resources.map(([type, name, id]) => ({
    mode: "managed",
    type,
    name,
    instances: [{ attributes: { id } }],
  })),
});

test("what Consul has is imported, and what it does not have is made", () => {
  expect(importsFor("shop", stack, lostFrom(stack, undefined), consul)).toEqual([
    { to: "consul_acl_token.token_web_worker1", id: "new" },
    { to: "consul_acl_policy.policy_handover", id: "p1" },
    { to: "consul_config_entry.service-defaults_web", id: "service-defaults/web" },
    { to: "consul_config_entry.service-intentions_any", id: "service-intentions/*" },
  ]);
});

test("what bears the mark of others under a name of ours is not imported: the deploy would change it, and destroy delete it", () => {
  const by = (Description: string): InConsul => ({
    tokens: [],
    policies: [{ ID: "p1", Name: "gatehouse-shop-mesh-handover", Description }],
    entries: [{ Kind: "service-defaults", Name: "web", Meta: { "gatehouse-mesh": "shop2" } }],
  });
  for (const description of ["Ann's", "", "Gatehouse, mesh shop2: the handover", "Gatehouse, mesh shop-mesh: web"]) {
    expect(importsFor("shop", stack, lostFrom(stack, undefined), by(description))).toEqual([]);
  }
  // An earlier version had other words for it.
  expect(
    importsFor("shop", stack, lostFrom(stack, undefined), { ...by("Gatehouse, mesh shop: handing over"), entries: [] }),
  ).toEqual([{ to: "consul_acl_policy.policy_handover", id: "p1" }]);
});

test("what the state has is not imported again: a recovery that failed goes on where it was", () => {
  const half = state(["consul_acl_token", "token_web_worker1", "new"], ["consul_acl_policy", "policy_handover", "p1"]);
  const lost = lostFrom(stack, half);
  expect(lost).toContain("null_resource.web_worker1");
  expect(importsFor("shop", stack, lost, consul).map(({ to }) => to)).toEqual([
    "consul_config_entry.service-defaults_web",
    "consul_config_entry.service-intentions_any",
  ]);
});

test("a data source is no resource", () => {
  const only: PulledState = {
    resources: [{ mode: "data", type: "null_resource", name: "web_worker1", instances: [] }],
  };
  expect(lostFrom(stack, only)).toContain("null_resource.web_worker1");
});

test("of this mesh alone, what no state knows is left over", () => {
  const states = [
    state(["consul_acl_token", "token_web_worker1", "new"]),
    state(["consul_acl_policy", "policy_handover", "p1"]),
  ];
  const { tokens, policies } = leftOver("shop", states, consul);
  expect(tokens.map(({ AccessorID }) => AccessorID)).toEqual(["old"]);
  expect(policies.map(({ ID }) => ID)).toEqual(["p2"]);
});
