import { compareCatalogue } from "../../doctor/catalogue";
import { compareEntries } from "../../doctor/entries";
import { placeText } from "../../findings";
import { difference, type LiveEntry } from "../../nodes";
import { mesh } from "../support/doctor";
import { declaration, meshOf } from "../support/shop";

/** As Consul gives back what was written. */
const live = (): LiveEntry[] =>
  mesh.configEntries.map(({ kind, name, config }) => ({
    Kind: kind,
    Name: name,
    ...structuredClone(config),
    CreateIndex: 5,
    ModifyIndex: 6,
    Hash: 7,
  }));

describe("config entries", () => {
  test("as declared: no finding", () => {
    expect(compareEntries(mesh, live())).toEqual([]);
  });

  test("one that was deleted, one that was changed, one that is not declared", () => {
    const entries = live().filter(({ Kind, Name }) => `${Kind}/${Name}` !== "service-intentions/backend");
    Object.assign(entries.find(({ Kind, Name }) => `${Kind}/${Name}` === "service-defaults/frontend")!, {
      Protocol: "tcp",
    });
    entries.push({ Kind: "service-resolver", Name: "frontend" });
    expect(compareEntries(mesh, entries).map(({ where, found, fix = [] }) => [placeText(where), found, fix])).toEqual([
      ["consul: service-defaults/frontend Protocol", '"tcp"', [{ stack: "mesh" }]],
      ["consul: service-intentions/backend", "nothing", [{ stack: "mesh" }]],
      ["consul: service-resolver/frontend", "one that is not declared; who made it is unknown", []],
    ]);
  });

  test("code that a service's own token brought into its sidecars is named as that", () => {
    const entries = live();
    const EnvoyExtensions = [{ Name: "builtin/lua", Arguments: { Script: "os.execute('id')" } }];
    Object.assign(entries.find(({ Kind, Name }) => `${Kind}/${Name}` === "service-defaults/frontend")!, {
      EnvoyExtensions,
    });
    entries.push({ Kind: "service-defaults", Name: "backend-sidecar-proxy", EnvoyExtensions });
    const found = compareEntries(mesh, entries);
    expect(found.map(({ where }) => placeText(where))).toEqual([
      "consul: service-defaults/frontend EnvoyExtensions",
      "consul: service-defaults/backend-sidecar-proxy",
    ]);
    for (const { severity, why } of found) {
      expect([severity, why]).toEqual(["problem", expect.stringContaining("are code in those sidecars on every node")]);
    }
    expect(found[1]?.remedy).toContain("npm run rotate -- backend");
  });

  test("those of others are theirs, wherever Consul runs", () => {
    const foreign = { Kind: "service-defaults", Name: "mail" };
    const others = { Kind: "service-defaults", Name: "post", Meta: { "gatehouse-mesh": "letters" } };
    const changed = declaration();
    changed.consul.existing = true;
    const existing = meshOf(changed);
    expect(
      compareEntries(existing, [...live(), foreign, others]).filter(({ severity }) => severity !== "note"),
    ).toEqual([]);
    expect(compareEntries(mesh, [...live(), foreign, others])).toEqual([]);
  });

  test("one with this mesh's mark, one of another mesh about a declared name", () => {
    const marked = (Kind: string, Name: string, name: string) => ({ Kind, Name, Meta: { "gatehouse-mesh": name } });
    const entries = [
      ...live(),
      marked("service-defaults", "gone", mesh.name),
      { Kind: "service-intentions", Name: "begun", Meta: { "gatehouse-handover": mesh.name } },
      marked("service-router", "frontend", "letters"),
    ];
    expect(compareEntries(mesh, entries).map(({ where, found }) => [placeText(where), found])).toEqual([
      ["consul: service-defaults/gone", "one with this mesh's mark, which is not declared"],
      ["consul: service-intentions/begun", "one with this mesh's mark, which is not declared"],
      ["consul: service-router/frontend", "one of the mesh letters, about what this mesh declares"],
    ]);
  });

  test("a declared one of another mesh, and one that lost its mark", () => {
    const entries = live();
    const at = (key: string) => entries.find(({ Kind, Name }) => `${Kind}/${Name}` === key)!;
    at("service-defaults/frontend").Meta = { "gatehouse-mesh": "letters" };
    at("service-defaults/backend").Meta = null;
    expect(
      compareEntries(mesh, entries).map(({ where, found, fix = [] }) => [placeText(where), found, fix.length]),
    ).toEqual([
      ["consul: service-defaults/frontend", "one of the mesh letters", 0],
      ["consul: service-defaults/backend Meta", "nothing", 1],
    ]);
  });

  test("what is for everyone and was this mesh's is worth a note", () => {
    const left = { Kind: "proxy-defaults", Name: "global", Meta: { "gatehouse-mesh": "shop" } };
    const unowned = { ...mesh, name: "shop", configEntries: [] };
    expect(compareEntries(unowned, [left])).toMatchObject([
      { severity: "note", where: { on: "consul", what: "proxy-defaults/global" } },
    ]);
  });

  test("one that is taken over is written again by its resource", () => {
    const taking = { ...mesh, takeOver: { ...mesh.takeOver, configEntries: ["service-defaults/frontend"] } };
    const entries = live().filter(({ Kind, Name }) => `${Kind}/${Name}` !== "service-defaults/frontend");
    expect(compareEntries(taking, entries).map(({ fix }) => fix)).toEqual([
      [{ stack: "mesh", replace: "null_resource.entry_service-defaults_frontend" }],
    ]);
  });
});

describe("what means the same to Consul", () => {
  test.each<[string, unknown, unknown]>([
    ["nothing and an empty value", { Hosts: null, A: {}, B: [], C: 0, D: "", E: false }, {}],
    ["lengths of time", { ConnectTimeout: "1m30s" }, { ConnectTimeout: "90s" }],
    [
      "sources in another order",
      { Sources: [{ Name: "a" }, { Name: "b" }] },
      { Sources: [{ Name: "b" }, { Name: "a" }] },
    ],
  ])("%s", (_, one, other) => {
    expect(difference(one, other)).toBeUndefined();
    expect(difference(other, one)).toBeUndefined();
  });

  test.each<[string, unknown, unknown, string]>([
    ["a value", { A: { B: 1 } }, { A: { B: 2 } }, "A.B"],
    ["a field that was added", {}, { Max: 7 }, "Max"],
    [
      "a permission",
      { Sources: [{ Name: "a", Permissions: [1] }] },
      { Sources: [{ Name: "a" }] },
      "Sources[0].Permissions",
    ],
    ["another caller", { Sources: [{ Name: "a" }] }, { Sources: [{ Name: "b" }] }, "Sources"],
    ["zero against one", { A: 0 }, { A: 1 }, "A"],
  ])("but not %s", (_, one, other, at) => {
    expect(difference(one, other)?.at).toBe(at);
    expect(difference(other, one)?.at).toBe(at);
  });
});

test("the catalogue: instances where they are not declared, on nodes that were not inspected", () => {
  const service = (name: string) => ({ ID: name, Service: name });
  const sidecar = { ID: "x", Service: "x-sidecar-proxy", Proxy: { DestinationServiceName: "backend" } };
  const nodes = [
    { Node: { Node: "worker1" }, Services: [service("backend")] },
    { Node: { Node: "worker2" }, Services: [service("backend")] },
    { Node: { Node: "old1" }, Services: [service("backend"), sidecar, service("mail")] },
    { Node: { Node: "old2" }, Services: null },
  ];
  expect(
    compareCatalogue(mesh, nodes, new Set(["worker1"])).map(({ where, found }) => [placeText(where), found]),
  ).toEqual([
    ["consul: backend on old1", "the registration backend"],
    ["consul: backend on old1", "the registration x"],
  ]);
});
