import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkMesh, hostKeyFrom, UNKNOWN_HOST_KEY } from "../../model";
import { declaration, edited, files, problemsOf } from "../support/shop";

test("a host key comes out of its file", () => {
  const folder = mkdtempSync(join(tmpdir(), "host-key-"));
  writeFileSync(join(folder, "key.pub"), "ssh-ed25519 AAAA worker1\n");
  expect(hostKeyFrom(join(folder, "key.pub"))).toBe("ssh-ed25519 AAAA worker1");
  rmSync(folder, { recursive: true });
});

test("without the file the declaration can still be read, and names it", () => {
  expect(hostKeyFrom("lab/.state/never/key.pub")).toBe("no file lab/.state/never/key.pub yet");
});

test("without the file a deploy is refused, and told what makes it", () => {
  const broken = edited((draft) => {
    draft.nodes.worker1.hostKey = hostKeyFrom("known-hosts/other/worker1.pub");
  });
  expect(problemsOf(broken)).toEqual([
    expect.objectContaining({
      path: "nodes.worker1.hostKey",
      reason: expect.stringContaining("known-hosts/other/worker1.pub, and there is no such file"),
      remedy: expect.stringContaining("npx gatehouse trust"),
    }),
  ]);
});

test("a node's host key that is not declared at all is refused for a deploy, and told what asks for it", () => {
  const without = edited((draft) => {
    delete draft.nodes.worker1.hostKey;
  });
  expect(problemsOf(without)).toEqual([
    expect.objectContaining({
      path: "nodes.worker1.hostKey",
      remedy: expect.stringContaining("npx gatehouse trust"),
    }),
  ]);
});

describe("a mesh that is only read", () => {
  const read = (declared: unknown) => checkMesh(declared, { ...files, forReview: true });

  test.each([undefined, hostKeyFrom("known-hosts/other/worker1.pub")])(
    "needs no host key (%s), and each is named",
    (key) => {
      const mesh = declaration();
      const bastion = { host: "192.0.2.1", hostKey: key! };
      mesh.ssh.bastion = bastion;
      mesh.nodes.worker1!.hostKey = key!;
      const result = read(mesh);
      if ("problems" in result) throw new Error(JSON.stringify(result.problems));
      expect(result.missing.map(({ path }) => path)).toEqual(["ssh.bastion.hostKey", "nodes.worker1.hostKey"]);
      const worker1 = result.mesh.nodes.find(({ name }) => name === "worker1");
      expect([worker1?.hostKey, worker1?.ssh.bastion?.hostKey]).toEqual([UNKNOWN_HOST_KEY, UNKNOWN_HOST_KEY]);
    },
  );

  test("is refused a wrong host key", () => {
    const wrong = edited((draft) => {
      draft.nodes.worker1.hostKey = "ssh-ed25519 AAAA";
    });
    expect(read(wrong)).toHaveProperty("problems");
  });
});
