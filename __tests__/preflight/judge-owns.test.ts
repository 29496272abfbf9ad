import type { OwnedEntry } from "../../model";
import { judgeOwns, letsThrough, type SharedConsul } from "../../preflight/judge-owns";
import { declaration, meshOf } from "../support/shop";

const shopOwning = (...owns: OwnedEntry[]) => {
  const shop = declaration();
  shop.consul = { ...shop.consul, existing: true, owns };
  return meshOf(shop);
};

const shared = (changes: Partial<SharedConsul> = {}): SharedConsul => ({
  services: ["consul", "edge", "frontend", "frontend-sidecar-proxy", "mail", "mail-sidecar-proxy", "printer"],
  allowsByDefault: true,
  calls: [],
  intentions: [],
  withProtocol: [],
  ...changes,
});

const ours = (kind: string, name: string) => {
  const entry = shopOwning("proxy-defaults", "default-deny").configEntries.find(
    (one) => one.kind === kind && one.name === name,
  );
  return { Kind: kind, Name: name, CreateIndex: 7, ...entry?.config };
};

test("nothing is said where Gatehouse sets up Consul, nor where Consul does not answer", () => {
  expect(judgeOwns(meshOf(declaration()), shared())).toEqual([]);
  expect(judgeOwns(shopOwning("default-deny"), undefined)).toEqual([]);
});

test("a Consul that allows by default, and that the mesh does not own, is worth a note with the way to own it", () => {
  expect(judgeOwns(shopOwning(), shared())).toMatchObject([
    { severity: "note", where: { what: "intentions" }, remedy: expect.stringContaining('`owns: ["default-deny"]`') },
  ]);
  expect(judgeOwns(shopOwning(), shared({ allowsByDefault: false }))).toEqual([]);
});

test("default-deny names the services whose calls are going to be refused", () => {
  expect(judgeOwns(shopOwning("default-deny"), shared())).toEqual([
    {
      severity: "warning",
      where: { on: "this machine", what: "service-intentions/*" },
      found:
        "in the catalogue and not declared: mail, printer; set up there and allowed by no intention: no call that Consul knows of",
      why: "calls from and to them that no intention allows are let through now and refused after this deploy",
      remedy: 'allow those calls in Consul first, or leave "default-deny" out of consul.owns',
    },
  ]);
  const before = { anyIntention: ours("service-intentions", "*"), allowsByDefault: false };
  expect(judgeOwns(shopOwning("default-deny"), shared(before))).toEqual([]);
});

test("default-deny names the calls that are set up and that no intention allows", () => {
  const told = judgeOwns(
    shopOwning("default-deny"),
    shared({
      calls: [
        { from: "mail", to: "printer" },
        { from: "printer", to: "mail" },
        { from: "mail", to: "frontend" },
        { from: "frontend", to: "backend" },
      ],
      intentions: [{ Kind: "service-intentions", Name: "mail", Sources: [{ Name: "printer", Action: "allow" }] }],
    }),
  );
  expect(told[0]?.found).toMatch(/allowed by no intention: mail -> printer, mail -> frontend$/);
});

test("proxy-defaults leaves out who has a protocol already", () => {
  const withProtocol = ["mail"];
  const told = judgeOwns(shopOwning("proxy-defaults"), shared({ allowsByDefault: false, withProtocol }));
  expect(told[0]?.found).toMatch(/of their own: printer$/);
});

test("proxy-defaults names the services that are going to speak http", () => {
  expect(judgeOwns(shopOwning("proxy-defaults"), shared({ allowsByDefault: false }))).toMatchObject([
    {
      severity: "warning",
      where: { what: "proxy-defaults/global" },
      found: "in the catalogue, not declared, and without a protocol of their own: mail, printer",
      why: expect.stringMatching(/becomes http with this deploy; now it is tcp$/),
    },
  ]);
  const before = { proxyDefaults: ours("proxy-defaults", "global"), allowsByDefault: false };
  expect(judgeOwns(shopOwning("proxy-defaults"), shared(before))).toEqual([]);
});

const anyTo = (Action: string) => ({ Kind: "service-intentions", Name: "*", Sources: [{ Name: "*", Action }] });

test.each([
  ["no entry and no policy", undefined, "", true, true],
  ["ACLs that deny", undefined, undefined, false, false],
  ["a policy, of which Consul's check knows nothing", undefined, "deny", true, false],
  ["a policy against ACLs that deny", undefined, "allow", false, true],
  ["an entry against the policy", anyTo("deny"), "allow", true, false],
  [
    "an entry about one caller alone",
    { ...anyTo("deny"), Sources: [{ Name: "mail", Action: "deny" }] },
    "",
    true,
    true,
  ],
])("by default a call is let through or not: %s", (_, entry, policy, checked, expected) => {
  expect(letsThrough(entry, policy, checked)).toBe(expected);
});
