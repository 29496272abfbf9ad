import { underClientLoad } from "../support/client";
import { declaration, deploy, describeOnLab, freshLab, mainPid, on } from "../support/mesh";
import { record } from "../support/record";
import { gateways, gatewayUrls } from "../support/rollout";

jest.setTimeout(300_000);

describeOnLab("a gateway on two nodes", () => {
  test("whose unit changes loses no request of a client that uses both, and ends what it has begun", async () => {
    const mesh = declaration();
    mesh.gateways!["ingress-gateway"]!.runsOn = gateways;
    await freshLab();
    await deploy(mesh);
    const pids = () => Promise.all(gateways.map((machine) => mainPid(machine, "ingress-gateway")));
    const before = await pids();
    // Nothing in a declaration changes this unit; a newer Gatehouse does.
    for (const machine of gateways) await on(machine, "echo '# older' >>/etc/systemd/system/ingress-gateway.service");
    process.env.TF_CLI_ARGS_apply = gateways
      .map((machine) => `-replace=null_resource.instance_ingress-gateway_${machine}`)
      .join(" ");
    const began = Date.now();
    const { load, refused, cut } = await underClientLoad(gatewayUrls, () => deploy(mesh)).finally(() => {
      delete process.env.TF_CLI_ARGS_apply;
    });
    const { sent, failed } = load;
    const seconds = (Date.now() - began) / 1000 - 2;
    await record({ section: "Rollouts", change: "two gateways: the unit", sent, failed, seconds });
    expect(load).toMatchObject({ failed: 0 });
    expect(refused).toBeGreaterThan(0);
    expect(cut).toBeLessThanOrEqual(8); // at most a kept connection that closed just as it was used again
    for (const [at, pid] of (await pids()).entries()) expect(pid).not.toBe(before[at]);
  });
});
