import { onEveryNode } from "../../nodes";
import { worker } from "../support/parts";

const bastion = { host: "192.0.2.1", port: 22, user: "jump", hostKey: "ssh-ed25519 AAAA" };
const meshOf = (ssh: typeof worker.ssh) => ({
  nodes: Array.from({ length: 100 }, (_, index) => ({ ...worker, name: `worker${index}`, ssh })),
});

/** The most nodes that were asked at once. */
async function mostAtOnce(ssh: typeof worker.ssh): Promise<number> {
  let now = 0;
  let most = 0;
  const mesh = meshOf(ssh);
  const names = await onEveryNode(mesh, async ({ name }) => {
    most = Math.max(most, ++now);
    await new Promise((done) => setImmediate(done));
    now--;
    return name;
  });
  expect(names).toEqual(mesh.nodes.map(({ name }) => name));
  return most;
}

test("many nodes are asked at once", async () => {
  expect(await mostAtOnce(worker.ssh)).toBe(32);
});

test("fewer at once than the ten that a bastion's sshd lets in before they are logged in", async () => {
  expect(await mostAtOnce({ ...worker.ssh, bastion })).toBe(8);
});
