import type { MeshDeclaration } from "../../../model";
import { changeTo, lossless, portHandedOver } from "../support/changes";
import { backendOn, declaration, deploy, describeOnLab, freshLab, frontendOn } from "../support/mesh";
import { snapshot } from "../support/snapshot";

jest.setTimeout(300_000);

const machines = ["server1", "gateway1", "worker1", "worker2"];

/** The lab's mesh with a second backend, `spare`. */
function base(): MeshDeclaration {
  const mesh = declaration();
  mesh.services!.spare = backendOn(["worker1"], 9003);
  return mesh;
}

/** The mesh changed by `edit`, and back: what was there before is there again, and nothing else. */
async function thereAndBack(
  change: string,
  edit: (mesh: MeshDeclaration) => void,
  outcome: object = lossless,
): Promise<void> {
  const before = await snapshot(machines);
  const changed = base();
  edit(changed);
  expect(await changeTo(changed, change)).toMatchObject(outcome);
  expect(await changeTo(base(), `${change}, and back`)).toMatchObject(outcome);
  expect(await snapshot(machines)).toEqual(before);
}

describeOnLab("a mesh that changes under load", () => {
  beforeAll(async () => {
    await freshLab();
    await deploy(base());
  });

  test("a caller gets another upstream", () =>
    thereAndBack(
      "another upstream of the only frontend",
      ({ services }) => {
        services!.frontend!.upstreams = { spare: { localPort: 5000 } };
      },
      portHandedOver,
    ));

  test("a called service is renamed", () =>
    thereAndBack(
      "the backend of the only frontend renamed",
      ({ services }) => {
        services!.stock = backendOn(["worker2"], 9012);
        services!.frontend!.upstreams = { stock: { localPort: 5000 } };
        delete services!.backend;
      },
      portHandedOver,
    ));

  test("a routed service is renamed", () =>
    thereAndBack("the frontend renamed", ({ services, gateways }) => {
      services!.shop = frontendOn(["worker1"], 9011, "backend", 5001);
      gateways!["ingress-gateway"]!.listeners[0]!.services[0]!.name = "shop";
      delete services!.frontend;
    }));

  test("a service moves to another node", () =>
    thereAndBack("the frontend moved", ({ services }) => {
      services!.frontend!.runsOn = ["worker2"];
    }));

  test("a mesh over two nodes becomes one on one node", () =>
    thereAndBack("two nodes into one", ({ services }) => {
      services!.backend!.runsOn = ["worker1"];
    }));
});
