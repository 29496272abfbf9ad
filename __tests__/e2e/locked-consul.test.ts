/** A locked Consul that a team set up by hand, with static certificates and without auto-encrypt. */
import type { MeshDeclaration } from "../../model";
import { type ByHand, madeByHand } from "./support/by-hand";
import { cdktf, describeOnLab, gatewayUrl, getUntil, on } from "./support/mesh";
import { npmDeploy, preflightFindings } from "./support/recover";

jest.setTimeout(300_000);

describeOnLab("an existing Consul with static certificates", () => {
  let hand: ByHand;
  let mesh: MeshDeclaration;

  test("the preflight tells what Envoy could not use, before anything is changed, and a deploy serves", async () => {
    hand = await madeByHand({ locked: true });
    mesh = hand.mesh;
    mesh.takeOver = {
      services: ["frontend", "backend"],
      gateways: ["ingress-gateway"],
      configEntries: ["service-intentions/frontend", "service-intentions/backend", "ingress-gateway/ingress-gateway"],
    };

    // Where the authority is not on the node, no Envoy of ours would reach the agent.
    await on("worker1", "mv /etc/consul.d/tls/ca.pem /root/ca.pem");
    const without = await preflightFindings(mesh);
    await on("worker1", "mv /root/ca.pem /etc/consul.d/tls/ca.pem");
    const told = without.filter(({ check }) => check === "gRPC for Envoy");
    expect(told).toEqual([expect.objectContaining({ node: "worker1", severity: "problem" })]);
    expect(told[0]?.found).toMatch(/on port 8503 .* authority this node does not know: .*Consul Agent CA/);

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

  test("a destroy puts the config entries back as the team had them", async () => {
    const entry = (name: string) =>
      on("server1", hand.asOperator(`consul config read -kind ${name.replace("/", " -name ")}`));
    expect(await entry("ingress-gateway/ingress-gateway")).toContain("gatehouse-mesh"); // the others are the same already
    const { exitCode, text } = await cdktf(mesh, "destroy", "mesh", "--auto-approve");
    expect([exitCode, text.slice(-3000)]).toEqual([0, expect.anything()]);
    for (const name of mesh.takeOver!.configEntries!) {
      const back = await entry(name);
      expect(back).toContain(name.split("/")[1]);
      expect(back).not.toContain("gatehouse-mesh");
    }
    expect(await on("server1", "ls -A /opt/gatehouse 2>&1 || true")).toContain("No such file");
  });
});
