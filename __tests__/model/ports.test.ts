import fc from "fast-check";
import { assignPorts as assignIn, portRanges, reservedFor as reservedIn, SLOTS } from "../../model/ports";

const assignPorts = (names: Iterable<string>) => assignIn(names, portRanges());
const reservedFor = (port: number) => reservedIn(port, portRanges());

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

it("has other ranges for a mesh that shares its nodes", () => {
  const ranges = portRanges({ admin: 30000, sidecars: 40000 });
  expect([...assignIn(["frontend"], ranges)]).toEqual([["frontend", { adminPort: 30048, sidecarPort: 40048 }]]);
  expect(reservedIn(30999, ranges)).toBe("the Envoy admin ports (30000 to 30999)");
  expect(reservedIn(19048, ranges)).toBeUndefined();
});

describe("reservedFor", () => {
  it.each([18999, 20000, 20999, 22000, 8080, 8499, 8504])("leaves %d to the declaration", (port) => {
    expect(reservedFor(port)).toBeUndefined();
  });
});
