import { readFacts } from "../../nodes";
import { facts, healthy, MiB } from "../support/preflight";

test("the lines of a node are read", () => {
  expect(facts()).toMatchObject({
    clock: 1_000_250,
    uid: 0,
    arch: "x86_64",
    systemd: { version: 252, state: "running" },
    versions: { consul: "1.22.7", envoy: "1.35.9" },
    agent: { status: 200, datacenter: "dc1", supportedEnvoys: ["1.35.9", "1.34.13"], leader: "10.77.0.10:8300" },
    units: [
      { name: "consul.service", file: "/etc/systemd/system/consul.service", state: "active" },
      { name: "frontend.service", file: "", state: "inactive" },
    ],
  });
});

test("room is told in bytes; a file system that has no fixed inodes has enough of them", () => {
  expect(facts().folders).toEqual([
    { path: "/opt/gatehouse", device: "1048673", free: 2048 * MiB, inodesFree: 16049345, writable: true },
    { path: "/tmp", device: "7", free: 512 * MiB, inodesFree: Number.POSITIVE_INFINITY, writable: true },
  ]);
});

test("what breaks off half-way is no answer", () => {
  expect(readFacts(healthy.replace(/\nend$/, ""))).toBeUndefined();
  expect(readFacts("")).toBeUndefined();
});

test("an agent that does not answer, or that refuses, tells nothing of itself", () => {
  const silent = healthy.replace(/^agent\t.*$/m, "agent\t000\t").replace(/^leader\t.*$/m, "leader\t");
  expect(readFacts(silent)?.agent).toMatchObject({ status: 0, datacenter: "", supportedEnvoys: [], leader: "" });
  const refusing = healthy.replace(/^agent\t.*$/m, "agent\t403\tPermission denied");
  expect(readFacts(refusing)?.agent).toMatchObject({ status: 403, datacenter: "" });
});

test("words in the leader's place are no leader", () => {
  expect(readFacts(healthy.replace(/^leader\t.*$/m, "leader\tNo cluster leader"))?.agent.leader).toBe("");
});

test.each([
  ["0100007F:2329", "loopback"],
  ["00000000:2329", "any"],
  ["0C004D0A:2329", "other"], // 10.77.0.12
  ["00000000000000000000000000000000:2329", "any"],
  ["0000000000000000FFFF00000100007F:2329", "loopback"], // ::ffff:127.0.0.1
  ["00000000000000000000000001000000:2329", "other"], // ::1, which a listener on 127.0.0.1 does not meet
])("a listener at %s is on %s", (at, address) => {
  const text = healthy.replace(/end$/, `listener\t${at}\t77\tshop.service\tshop\nend`);
  expect(readFacts(text)?.listeners).toEqual([
    { address, port: 9001, pid: "77", unit: "shop.service", program: "shop" },
  ]);
});
