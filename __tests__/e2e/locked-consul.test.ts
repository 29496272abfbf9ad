/** A locked Consul that a team set up by hand, with static certificates and without auto-encrypt. */
import { madeByHand } from "./by-hand";
import { describeOnLab, gatewayUrl, getUntil, on } from "./mesh";
import { npmDeploy, preflightFindings } from "./recover";

jest.setTimeout(300_000);

describeOnLab("an existing Consul with static certificates", () => {
  test("the preflight tells what Envoy could not use, before anything is changed, and a deploy serves", async () => {
    const { mesh } = await madeByHand({ locked: true });
    mesh.takeOver = { services: ["frontend", "backend"], gateways: ["ingress-gateway"] };

    // Where the authority is not on the node, no Envoy of ours would reach the agent.
    await on("worker1", "mv /etc/consul.d/tls/ca.pem /root/ca.pem");
    const without = await preflightFindings(mesh);
    await on("worker1", "mv /root/ca.pem /etc/consul.d/tls/ca.pem");
    const told = without.filter(({ check }) => check === "gRPC for Envoy");
    expect(told).toEqual([expect.objectContaining({ node: "worker1", severity: "problem" })]);
    expect(told[0]?.found).toMatch(/on port 8503 .* authority this machine does not know: .*Consul Agent CA/);

    const clean = await preflightFindings(mesh);
    expect(clean.filter(({ check }) => check === "gRPC for Envoy")).toEqual([]);

    const { exitCode, text } = await npmDeploy(mesh);
    expect(text).toContain("Envoy knows Consul's agent by the authority in /etc/consul.d/tls/ca.pem");
    expect(exitCode).toBe(0);
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
    expect(await on("worker1", "cat /opt/gatehouse/node.env")).toContain("-grpc-ca-file /opt/gatehouse/xds-ca.pem");
    expect(await on("worker1", "cmp /opt/gatehouse/xds-ca.pem /etc/consul.d/tls/ca.pem && echo same")).toContain(
      "same",
    );
  });
});
