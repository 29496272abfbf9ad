import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signOfDeploy } from "../../mesh-secrets/signs";
import { fullDeclaration, meshOf } from "../support/shop";

/** Nothing listens on port 1. */
const mesh = (address = "127.0.0.1:1", existing = false) => {
  const { consul, ...rest } = meshOf(fullDeclaration());
  return { ...rest, consul: { ...consul, existing, address, addresses: [address] } };
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-signs-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("of a new mesh there is no sign", async () => {
  expect(await signOfDeploy(mesh(), folder)).toBeUndefined();
  writeFileSync(join(folder, "terraform.shop.cluster.tfstate"), '{"resources": []}');
  expect(await signOfDeploy(mesh(), folder)).toBeUndefined();
});

test("a state with agents is one", async () => {
  writeFileSync(join(folder, "terraform.shop.cluster.tfstate"), '{"resources": [{"type": "null_resource"}]}');
  expect(await signOfDeploy(mesh(), folder)).toMatch(/cluster.tfstate knows agents/);
});

test("a Consul that answers is one, unless it is not Gatehouse's", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await signOfDeploy(mesh(address), folder)).toBe(`Consul answers at ${address}`);
  expect(await signOfDeploy(mesh(address, true), folder)).toBeUndefined();
  server.close();
});
