import { checkMachines, hostsFile, machinesOf } from "../../lab/declared";

const worker = { name: "worker1", address: "10.77.0.12" };

describe("the machines of a declaration", () => {
  test("are its nodes, in order", () => {
    const nodes = {
      b: { role: "worker", address: "10.77.0.12", hostKey: "" },
      a: { role: "server", address: "10.77.0.10", hostKey: "" },
    } as const;
    expect(machinesOf({ nodes })).toEqual([
      { name: "b", address: "10.77.0.12" },
      { name: "a", address: "10.77.0.10" },
    ]);
  });

  test.each(["10.77.0.2", "10.77.0.99", "10.77.0.254"])("may have the address %s", (address) => {
    expect(() => checkMachines([{ name: "worker1", address }])).not.toThrow();
  });

  test.each(["10.77.0.0", "10.77.0.1", "10.77.0.255", "10.77.0.012", "10.77.1.5", "192.0.2.1", "worker1.example"])(
    "may not have the address %s",
    (address) => {
      expect(() => checkMachines([{ name: "worker1", address }])).toThrow(
        `worker1 has the address ${address}: the lab's machines are 10.77.0.2 to 10.77.0.254.`,
      );
    },
  );

  test.each(["", "-a", "a-", "../a", "A", "a b", "a.b", "a".repeat(64)])("may not be named %j", (name) => {
    expect(() => checkMachines([{ ...worker, name }])).toThrow(`The lab cannot make a machine named "${name}"`);
  });

  test("do not share an address", () => {
    expect(() => checkMachines([worker, { ...worker, name: "worker2" }])).toThrow(
      "worker1 and worker2 have the same address 10.77.0.12.",
    );
  });

  test("know each other by name", () => {
    expect(hostsFile([worker])).toBe(
      "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n10.77.0.12 worker1\n",
    );
  });
});
