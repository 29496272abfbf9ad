import type { MeshDeclaration } from "../../model";
import type { LiveEntry } from "../../nodes";
import { callsOf } from "../../preflight/cut-calls";
import { judgeEntries, unmarked } from "../../preflight/judge-entries";
import { judgePaths } from "../../preflight/judge-paths";
import { declaration, meshOf } from "../support/shop";

const existing = { ...declaration().consul, existing: true };
const shop = (changes: Partial<MeshDeclaration> = {}) => meshOf(declaration({ consul: existing, ...changes }));

/** As Consul gives back what the mesh writes; without a mark unless there is one. */
function present(kind: string, name: string, changes: object = {}, mark?: string): LiveEntry {
  const { Meta, ...config } = shop({ consul: { ...existing, owns: ["proxy-defaults"] } }).configEntries.find(
    (entry) => entry.kind === kind && entry.name === name,
  )!.config;
  return { Kind: kind, Name: name, ...config, ...changes, ...(mark && { Meta: { "gatehouse-mesh": mark } }) };
}

const backend = (changes: object = {}, mark?: string) => present("service-defaults", "backend", changes, mark);
const inState = (...names: string[]) => new Map(names.map((name) => [name, {}]));

test("an entry of this mesh's, or one that its state has, may be written over", () => {
  const made = { Kind: "service-intentions", Name: "backend", Meta: { "gatehouse-handover": "shop" } };
  expect(judgeEntries(shop(), { present: [backend({}, "shop"), made], written: inState() })).toEqual([]);
  const old = { present: [backend()], written: inState("service-defaults/backend") };
  expect(unmarked(shop(), old.present)).toEqual(["service-defaults/backend"]);
  expect(judgeEntries(shop(), old)).toEqual([]);
});

test("an entry of another mesh names that mesh, whatever the state and takeOver say", () => {
  const mesh = shop({ takeOver: { configEntries: ["service-defaults/backend"] } });
  expect(
    judgeEntries(mesh, { present: [backend({}, "pay")], written: inState("service-defaults/backend") }),
  ).toMatchObject([
    { severity: "problem", where: { what: "service-defaults/backend" }, found: "in Consul it belongs to mesh pay" },
  ]);
});

test("one that a person made is a problem, with the difference and what to write", () => {
  const byHand = backend({ Protocol: "grpc", MaxInboundConnections: 5, Meta: { team: "b" } });
  expect(judgeEntries(shop(), { present: [byHand], written: inState() })).toEqual([
    {
      severity: "problem",
      where: { on: "this machine", what: "service-defaults/backend" },
      found:
        'Consul has it without a mesh\'s mark, and this deploy changes it: Protocol "grpc" becomes "http"; MaxInboundConnections 5 goes; Meta.team "b" goes',
      why: "it is not known to be this mesh's: a deploy would write over it, and destroy would delete it",
      remedy:
        'to have this mesh write it: `takeOver: { configEntries: ["service-defaults/backend"] }`, and destroy puts it back; else declare it under another name, or remove it from Consul',
    },
  ]);
});

test("one with the same content is a problem too: destroy would delete it", () => {
  expect(judgeEntries(shop(), { present: [backend()], written: inState() })).toMatchObject([
    { severity: "problem", found: "Consul has it with the same content, and no mesh's mark" },
  ]);
});

test("one that takeOver names is told with its difference", () => {
  const mesh = shop({ takeOver: { configEntries: ["service-defaults/backend"] } });
  const told = judgeEntries(mesh, { present: [backend({ Protocol: "grpc" })], written: inState() });
  expect(told).toMatchObject([{ severity: "note", found: expect.stringContaining('Protocol "grpc" becomes "http"') }]);
});

test("for everyone's entry the way out is to own it no more", () => {
  const mesh = shop({ consul: { ...existing, owns: ["proxy-defaults"] } });
  const entry = present("proxy-defaults", "global", { Config: { protocol: "grpc" } });
  expect(judgeEntries(mesh, { present: [entry], written: inState() })[0]).toMatchObject({
    found: expect.stringMatching(/Config\.protocol "grpc" becomes "http"$/),
    remedy: expect.stringMatching(/leave "proxy-defaults" out of consul\.owns$/),
  });
});

test("of intentions the callers are shown", () => {
  const entry = present("service-intentions", "backend", { Sources: [{ Name: "legacy", Action: "allow" }] });
  const stateFault = "no such bucket";
  const [told] = judgeEntries(shop(), { present: [entry], written: inState(), stateFault });
  expect(told?.found).toMatch(/Sources \(legacy allow\) become \(frontend allow\)$/);
  expect(told?.why).toContain("(Terraform's state could not be read: no such bucket)");
});

test("foreign entries are no one's business", () => {
  const entries = [{ Kind: "service-defaults", Name: "ledger", Protocol: "tcp" }];
  expect(judgeEntries(shop(), { present: entries, written: inState() })).toEqual([]);
});

test("calls that are set up: of sidecars and of gateways", () => {
  const proxies = [
    { ServiceProxy: { DestinationServiceName: "mail", Upstreams: [{ DestinationName: "printer" }] } },
    { ServiceProxy: { DestinationServiceName: "mail", Upstreams: [{ DestinationName: "printer" }] } },
    { ServiceProxy: { DestinationServiceName: "printer", Upstreams: null } },
    {},
  ];
  const gateways = [
    { Kind: "ingress-gateway", Name: "door", Listeners: [{ Services: [{ Name: "mail" }, { Name: "*" }] }] },
  ];
  expect(callsOf(proxies, gateways)).toEqual([
    { from: "mail", to: "printer" },
    { from: "door", to: "mail" },
  ]);
});

describe("permissions that name a path, in a Consul whose entry of kind mesh is others'", () => {
  const intentions = (http: object): MeshDeclaration["intentions"] => [
    { source: "frontend", destination: "backend", permissions: [{ action: "deny", http }] },
  ];
  const byPath = shop({ intentions: intentions({ pathPrefix: "/admin" }) });
  const normal = (RequestNormalization: object) => [
    { Kind: "mesh", Name: "mesh", HTTP: { Incoming: { RequestNormalization } } },
  ];
  const fits = normal({ MergeSlashes: true, PathWithEscapedSlashesAction: "REJECT_REQUEST" });

  test("are a problem unless that entry has every sidecar read paths alike", () => {
    expect(judgePaths(byPath, [])).toMatchObject([{ severity: "problem", where: { what: "mesh/mesh" } }]);
    expect(judgePaths(byPath, normal({ MergeSlashes: true }))).toHaveLength(1);
    expect(judgePaths(byPath, fits)).toEqual([]);
  });

  test("are none where this mesh owns the entry, or where no path is named", () => {
    const owned = { ...existing, owns: ["mesh" as const] };
    expect(judgePaths(shop({ consul: owned, intentions: intentions({ pathExact: "/a" }) }), [])).toEqual([]);
    expect(judgePaths(shop({ intentions: intentions({ methods: ["GET"] }) }), [])).toEqual([]);
  });
});
