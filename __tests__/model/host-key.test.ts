import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostKeyFrom } from "../../model";
import { edited, problemsOf } from "../support/shop";

test("a host key comes out of its file", () => {
  const folder = mkdtempSync(join(tmpdir(), "host-key-"));
  writeFileSync(join(folder, "key.pub"), "ssh-ed25519 AAAA worker1\n");
  expect(hostKeyFrom(join(folder, "key.pub"))).toBe("ssh-ed25519 AAAA worker1");
  rmSync(folder, { recursive: true });
});

test("without the file the declaration can still be read, and names it", () => {
  expect(hostKeyFrom("lab/.state/never/key.pub")).toBe("no file lab/.state/never/key.pub yet");
});

test("without the file the declaration is refused, and told what makes it", () => {
  const broken = edited((draft) => {
    draft.nodes.worker1.hostKey = hostKeyFrom("known-hosts/other/worker1.pub");
  });
  expect(problemsOf(broken)).toEqual([
    expect.objectContaining({
      path: "nodes.worker1.hostKey",
      reason: expect.stringContaining("known-hosts/other/worker1.pub, and there is no such file"),
      remedy: expect.stringContaining("npm run trust"),
    }),
  ]);
});
