import type { Mesh } from "../../model";
import type { Facts, Registration } from "../../nodes";
import { judge } from "../../preflight/judge";
import { gateway, instanceOf } from "../support/parts";
import { facts, heads, lookAt, shop } from "../support/preflight";

const found = (changes: Partial<Facts>, of: Mesh = shop) =>
  judge([lookAt("worker1", changes, of)], { url: "https://10.77.0.10:8501" });

const registration = (changes: Partial<Registration>): Registration => ({
  id: "frontend",
  service: "frontend",
  kind: "",
  port: 9001,
  of: "",
  mesh: "",
  ...changes,
});

const listener = (port: number, unit: string) =>
  ({ address: "loopback", port, pid: "77", unit, program: "perl" }) as const;

const unit = { name: "frontend.service", file: "/etc/systemd/system/frontend.service", state: "active" };

/** The same under names of which none is ours. */
const otherNames: Partial<Facts> = {
  registrations: [
    registration({ id: "frontend-1" }),
    registration({
      id: "frontend-1-sidecar-proxy",
      service: "frontend-sidecar-proxy",
      kind: "connect-proxy",
      port: 21500,
      of: "frontend",
    }),
    registration({ id: "legacy", service: "legacy", port: 9101 }),
  ],
  definitions: [{ file: "/etc/consul.d/10-frontend.hcl", name: "frontend" }],
  runs: [
    { file: "/etc/systemd/system/shop-envoy.service", id: "frontend-1" },
    { file: "/etc/systemd/system/legacy-envoy.service", id: "legacy" },
  ],
  listeners: [
    listener(9001, "shop.service"),
    listener(21500, "shop-envoy.service"),
    listener(5000, "shop-envoy.service"),
  ],
};

const takingOver: Mesh = { ...shop, takeOver: { ...shop.takeOver, services: ["frontend"] } };

test("what was made by hand under a declared name is a problem, with all that was found and how to say so", () => {
  expect(found({ units: [unit], listeners: [listener(9001, "frontend.service")] })).toMatchObject([
    {
      severity: "problem",
      where: { what: "frontend" },
      found: "made by hand: /etc/systemd/system/frontend.service (active)",
      remedy: 'have it taken over: `takeOver: { services: ["frontend"] }`; or declare another name',
    },
  ]);
});

test("under other names it is found through its registration, its ports and its Envoy, and no other is", () => {
  const told = found(otherNames);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ severity: "problem", where: { what: "frontend" } });
  expect(told[0]!.found.split(", ").slice(0, 2)).toEqual([
    "made by hand: /etc/systemd/system/shop-envoy.service (runs the Envoy of frontend-1)",
    "shop.service (perl",
  ]);
  expect(told[0]!.found).toContain("/etc/consul.d/10-frontend.hcl, registration frontend-1 on port 9001");
  expect(told[0]!.found).not.toContain("legacy");
});

test("where the agent tells nothing, its definition leads to its units", () => {
  const settings = [
    { file: "/etc/consul.d/10-frontend.hcl", key: "id", value: "frontend-1" },
    { file: "/etc/consul.d/10-frontend.hcl", key: "port", value: "9001" },
  ];
  const told = found({ ...otherNames, registrations: [], settings });
  expect(heads(told)).toEqual(["problem: worker1: frontend"]);
  expect(told[0]!.found).toContain("shop-envoy.service");
  expect(told[0]!.found).toContain("shop.service (perl");
});

test("what the declaration takes over is worth a note, and its ports are no problem", () => {
  expect(heads(found(otherNames, takingOver))).toEqual(["note: worker1: frontend"]);
});

test("what Gatehouse wrote, and what bears the mark of a mesh, is not by hand", () => {
  expect(found({ ...otherNames, units: [unit], instances: ["frontend"], listeners: [] })).toEqual([]);
  const written = [unit.file, "/etc/consul.d/frontend.hcl"];
  expect(found({ units: [unit], registrations: [registration({})], written })).toEqual([]);
  expect(found({ registrations: [registration({ mesh: "lab" })] })).toEqual([]);
});

test("a gateway by hand on another node than the declared one is a note that tells how to let it go", () => {
  const edge = instanceOf(gateway());
  const elsewhere: Mesh = { ...shop, gateways: [{ ...gateway(), runsOn: ["gateway1"] }], instances: [] };
  const name = edge.workload.name;
  const registrations = [registration({ id: name, service: name, kind: "ingress-gateway", port: 8443 })];
  expect(found({ registrations }, elsewhere)).toMatchObject([
    { severity: "note", where: { what: name }, remedy: expect.stringContaining(`takeOver: { letGo: ["${name}"] }`) },
  ]);
  const letGo = { ...elsewhere, takeOver: { ...shop.takeOver, letGo: [name] } };
  expect(found({ registrations }, letGo)).toMatchObject(
    [{ severity: "note", remedy: /^nothing/ }].map((one) => ({
      ...one,
      remedy: expect.stringMatching(one.remedy),
    })),
  );
});

test("what is no page of the agent counts as nothing", () => {
  expect(facts({}).registrations).toEqual([]);
});
