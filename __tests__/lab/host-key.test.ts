import { hostKey, noHostKey } from "../../lab/host-key";

test("a machine that was never made has no host key, and the declaration can be read all the same", () => {
  expect(hostKey("never-made")).toBe(noHostKey);
  expect(noHostKey).toContain("npm run lab");
});
