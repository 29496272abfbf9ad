import fc from "fast-check";
import { assignPorts, reservedFor, SLOTS } from "../../model/ports";

const name = fc.stringMatching(/^[a-z]{1,8}$/);

describe("assignPorts", () => {
  it("gives a name the same ports on every run", () => {
    expect([...assignPorts(["frontend", "backend"])]).toEqual([
      ["backend", { adminPort: 19913, sidecarPort: 21913 }],
      ["frontend", { adminPort: 19048, sidecarPort: 21048 }],
    ]);
  });

  it("never gives one port twice, and stays in the reserved ranges", () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 60 }), (names) => {
        const ports = [...assignPorts(names).values()];
        expect(new Set(ports.map(({ adminPort }) => adminPort)).size).toBe(names.length);
        for (const { adminPort, sidecarPort } of ports) {
          expect(reservedFor(adminPort)).toMatch(/Envoy admin/);
          expect(reservedFor(sidecarPort)).toMatch(/sidecars/);
        }
      }),
    );
  });

  it("does not depend on the order of the names", () => {
    const names = Array.from({ length: 200 }, (_, i) => `service-${i}`);
    expect(assignPorts(names)).toEqual(assignPorts([...names].reverse()));
  });

  it("fills every slot, and says so when there is none left", () => {
    const names = Array.from({ length: SLOTS }, (_, i) => `s${i}`);
    expect(assignPorts(names).size).toBe(SLOTS);
    expect(() => assignPorts([...names, "one-more"])).toThrow("a node carries at most 1000 instances");
  });
});

describe("reservedFor", () => {
  it.each([18999, 20000, 20999, 22000, 8080, 8499, 8504])("leaves %d to the declaration", (port) => {
    expect(reservedFor(port)).toBeUndefined();
  });
});
