/** A mesh that was deployed open is locked while it serves. Agents of both kinds do not hear each other meanwhile. */
import type { MeshDeclaration } from "../../../model";
import { underClientLoad } from "../client";
import { doctorVerdict } from "../doctor";
import { declaration, deploy, describeOnLab, freshLab, gatewayUrl, plan } from "../mesh";

jest.setTimeout(900_000);

/** Frontend, backend and gateway on two nodes each. */
function twice(): MeshDeclaration {
  const mesh = declaration();
  mesh.services!.frontend!.runsOn = ["worker1", "worker2"];
  mesh.services!.backend!.runsOn = ["worker1", "worker2"];
  mesh.gateways!["ingress-gateway"]!.runsOn = ["gateway1", "worker1"];
  return mesh;
}

describeOnLab("under load", () => {
  test("an open mesh is locked", async () => {
    const mesh = twice();
    await freshLab();
    const open = twice();
    Object.assign(open.consul, { address: "10.77.0.10:8500", acl: false, tls: false, gossipEncryption: false });
    await deploy(open);
    const { load } = await underClientLoad([gatewayUrl, "http://10.77.0.12:8080"], () => deploy(mesh));
    expect(await plan(mesh)).toEqual([]);
    expect(await doctorVerdict(mesh)).toEqual([]);
    // Drains are not heard of between them either.
    expect(load.failed).toBeLessThan(load.sent / 20);
  });
});
