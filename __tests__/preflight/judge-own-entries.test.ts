import type { LiveEntry } from "../../nodes";
import { judgeOwnEntries, unexpected } from "../../preflight/judge-own-entries";
import { declaration, meshOf } from "../support/shop";

const mesh = meshOf(declaration());
const lua = [{ Name: "builtin/lua", Arguments: { Script: "os.execute('id')" } }];

const declared = (name: string) =>
  mesh.configEntries.find((entry) => entry.kind === "service-defaults" && entry.name === name)!.config;
const live = (name: string, changes: object = {}): LiveEntry => ({
  ...structuredClone(declared(name)),
  ...changes,
  Kind: "service-defaults",
  Name: name,
  ModifyIndex: 7,
});
const written = (...entries: [string, Record<string, unknown>][]) => new Map(entries);

test("what is as declared needs no look at Terraform's state", () => {
  expect(unexpected(mesh, [live("frontend"), live("backend")])).toEqual([]);
});

test("an entry of a service's own name that is not declared is told, whatever mark it has, with what to do", () => {
  for (const Meta of [undefined, { "gatehouse-mesh": "shop" }]) {
    const router: LiveEntry = { Kind: "service-router", Name: "backend", Routes: [], Meta };
    expect(judgeOwnEntries(mesh, { present: [router], written: written() })).toMatchObject([
      {
        severity: "warning",
        where: { what: "service-router/backend" },
        why: "the token of backend may write it, so backend may have been broken into: it decides where calls to that service go",
        remedy: expect.stringContaining("consul config delete -kind service-router -name backend"),
      },
    ]);
  }
});

test("the sidecar's name and the gateway's are theirs too; names and kinds of others are not", () => {
  const gateway = mesh.gateways[0]!.name;
  const entries = [
    { Kind: "service-defaults", Name: "backend-sidecar-proxy" },
    { Kind: "service-resolver", Name: gateway },
    { Kind: "service-defaults", Name: "mail" },
    { Kind: "service-intentions", Name: "mail" },
  ];
  const found = judgeOwnEntries(mesh, { present: entries, written: written() });
  expect(found.map(({ where }) => where.what)).toEqual([
    "service-defaults/backend-sidecar-proxy",
    `service-resolver/${gateway}`,
  ]);
});

test("a declared entry that was changed since Terraform wrote it is told; code in it is named", () => {
  const present = [live("backend", { EnvoyExtensions: lua })];
  const [told] = judgeOwnEntries(mesh, {
    present,
    written: written(["service-defaults/backend", declared("backend")]),
  });
  expect(told).toMatchObject({ severity: "warning", why: expect.stringContaining("code in those sidecars") });
  expect(told?.found).toMatch(/changes it back: EnvoyExtensions .*os\.execute.* goes$/);
});

test("what the last deploy wrote is this one's to change or remove", () => {
  const before = live("backend", { Protocol: "grpc" });
  const { Kind, Name, ModifyIndex, ...config } = before;
  const gone: LiveEntry = { Kind: "service-resolver", Name: "backend", ConnectTimeout: "3s" };
  const facts = {
    present: [before, gone],
    written: written(["service-defaults/backend", config], ["service-resolver/backend", { ConnectTimeout: "3s" }]),
  };
  expect(judgeOwnEntries(mesh, facts)).toEqual([]);
});

test("without a state that can be read nothing is kept quiet, and nothing is claimed", () => {
  const present = [{ Kind: "service-router", Name: "backend" }, live("backend", { Protocol: "grpc" })];
  const found = judgeOwnEntries(mesh, { present, written: written(), stateFault: "no such bucket" });
  expect(found.map(({ where }) => where.what)).toEqual(["service-router/backend"]);
  expect(found[0]?.why).toContain("could not be read: no such bucket");
});
