import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { atReachableConsul } from "../../nodes";
import { mesh } from "../support/parts";

const servers: Server[] = [];

/** A server of Consul that tells this leader. */
async function consul(leader: string): Promise<string> {
  const server = createServer((_, answer) => answer.end(JSON.stringify(leader)));
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const at = (...addresses: string[]) => {
  const { consul, ...rest } = mesh();
  return { ...rest, consul: { ...consul, existing: true, acl: false, tls: false, address: addresses[0]!, addresses } };
};

/** Nothing listens on port 1. */
const DOWN = "127.0.0.1:1";

test("the first that answers and knows a leader is used, and the others are told", async () => {
  const [without, well] = [await consul(""), await consul("10.77.0.10:8300")];
  const { mesh, passedOver } = await atReachableConsul(at(DOWN, without, well));
  expect(mesh.consul.address).toBe(well);
  expect(passedOver).toEqual([
    { address: DOWN, fault: expect.stringContaining("ECONNREFUSED") },
    { address: without, fault: "it knows no leader" },
  ]);
});

test("where none answers, it stays the first", async () => {
  const { mesh, passedOver } = await atReachableConsul(at(DOWN, "127.0.0.1:2"));
  expect(mesh.consul.address).toBe(DOWN);
  expect(passedOver).toEqual([]);
});

test("with one address nothing is asked", async () => {
  const only = at(DOWN);
  expect((await atReachableConsul(only)).mesh).toBe(only);
});
