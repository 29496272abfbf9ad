import type { Mesh } from "../../model";
import type { Facts } from "../../nodes";
import { judge } from "../../preflight/judge";
import { instanceOf, service } from "../support/parts";
import { heads, lookAt, planOf, shop } from "../support/preflight";

/** A frontend that is a person's nginx, under the name of that unit: the worst case. */
const { binary: _, ...program } = service({ name: "nginx", unitOfOthers: "nginx.service" });
const of: Mesh = { ...shop, instances: [instanceOf(program)] };
const file = "/etc/systemd/system/nginx.service";
const unit = (state: string, at = file) => ({ name: "nginx.service", file: at, state });
const listener = (name = "nginx.service", address: "loopback" | "other" | "any" = "any") =>
  ({ address, port: 9001, pid: "77", unit: name, program: "nginx" }) as Facts["listeners"][number];
const well: Partial<Facts> = { units: [unit("active")], listeners: [listener()] };

const found = (changes: Partial<Facts>) =>
  judge([lookAt("worker1", { ...well, ...changes }, of)], { url: "https://10.77.0.10:8501" });

test("one that runs and listens has no finding, whatever its file is called", () => {
  expect(found({})).toEqual([]);
  expect(found({ units: [unit("active", "/lib/systemd/system/nginx.service")] })).toEqual([]);
});

test("it is asked about, and is no unit of the mesh's own", () => {
  const plan = planOf("worker1", of);
  expect(plan.units).toEqual(["nginx-sidecar-proxy.service"]);
  expect(plan.services).toEqual(["nginx.service"]);
  expect(plan.unitsOfOthers).toEqual([{ unit: "nginx.service", service: "nginx", port: 9001 }]);
});

test.each<[string, Partial<Facts>, string, RegExp]>([
  [
    "no unit",
    { units: [unit("inactive", "")] },
    "there is no unit of this name",
    /install it, or correct services.nginx.run.unit/,
  ],
  ["a stopped one", { units: [unit("inactive")] }, "it is inactive", /systemctl start nginx.service, or correct/],
  ["a failed one", { units: [unit("failed")] }, "it is failed", /systemctl start nginx.service/],
  [
    "a mesh's own",
    { written: [file], owners: { nginx: "lab" } },
    "Gatehouse wrote it for the mesh lab",
    /name a unit that no deploy writes.*sameProcessAs/,
  ],
  [
    "no listener",
    { listeners: [] },
    "nothing listens on 127.0.0.1:9001",
    /in its own configuration, or correct services.nginx.port/,
  ],
  [
    "a listener on another address",
    { listeners: [listener("nginx.service", "other")] },
    "nothing listens on 127.0.0.1:9001",
    /in its own/,
  ],
  [
    "another unit's port",
    { listeners: [listener("postgresql@15-main.service")] },
    "port 9001 is held by nginx (process 77, postgresql@15-main.service)",
    /run: \{ unit: "postgresql@15-main.service" \}/,
  ],
])("%s", (_what, changes, what, remedy) => {
  expect(found(changes)).toMatchObject([
    {
      severity: "problem",
      where: { on: "worker1", what: "nginx.service" },
      found: what,
      why: expect.stringMatching(/is to serve as nginx, and a deploy neither starts nor changes it/),
      remedy: expect.stringMatching(remedy),
    },
  ]);
});

test("where the service is deployed already, one that stands still keeps nothing else from being deployed", () => {
  expect(found({ instances: ["nginx"], units: [unit("inactive")] })).toMatchObject([{ severity: "warning" }]);
  expect(found({ instances: ["nginx"], written: [file] })).toMatchObject([{ severity: "problem" }]);
});

test("that it listens for others too is worth a note", () => {
  expect(heads(found({ open: [{ unit: "nginx.service", at: "0.0.0.0:9001" }] }))).toEqual([
    "note: worker1: nginx.service",
  ]);
});

test("what else a person made under the name is taken over, and the unit is not", () => {
  const registrations: Facts["registrations"] = [
    { id: "nginx", service: "nginx", kind: "", port: 9001, of: "", mesh: "" },
  ];
  const [one, ...others] = found({ registrations });
  expect(others).toEqual([]);
  expect(one).toMatchObject({ severity: "problem", found: "made by hand: registration nginx on port 9001" });
});
