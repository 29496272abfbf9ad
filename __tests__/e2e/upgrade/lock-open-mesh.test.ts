/** A mesh that was deployed open is locked while it serves. Agents of both kinds do not hear each other meanwhile. */
import { underClientLoad } from "../support/client";
import { doctorVerdict } from "../support/doctor";
import { deploy, describeOnLab, freshLab, plan } from "../support/mesh";
import { gatewayUrls, twice } from "../support/rollout";

jest.setTimeout(900_000);

describeOnLab("under load", () => {
  test("an open mesh is locked", async () => {
    const mesh = twice();
    await freshLab();
    const open = twice();
    Object.assign(open.consul, { address: "10.77.0.10:8500", acl: false, tls: false, gossipEncryption: false });
    await deploy(open);
    const { load } = await underClientLoad(gatewayUrls, () => deploy(mesh));
    expect(await plan(mesh)).toEqual([]);
    expect(await doctorVerdict(mesh)).toEqual([]);
    // Drains are not heard of between them either.
    expect(load.failed).toBeLessThan(load.sent / 20);
  });
});
