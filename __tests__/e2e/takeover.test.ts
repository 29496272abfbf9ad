import { readFileSync } from "node:fs";
import { checkMesh, type MeshDeclaration, nodeFiles } from "../../model";
import { preflight } from "../../preflight";
import { ADOPTED, adopt, adoptedMesh, forgetAdopted, synth } from "./support/adopted";
import { type ByHand, FOREIGN, HAND_GATEWAY, madeByHand } from "./support/by-hand";
import type { Load } from "./support/load";
import { describeOnLab, gatewayUrl, get, getUntil, mainPid, on } from "./support/mesh";
import { apply, brokenWays, deployMesh, madeOn, takingOver, underBothLoads } from "./support/taken";

jest.setTimeout(300_000);

/**
 * Whether a change costs requests. On a busy machine an agent's reload alone may cost a few: that none is lost on a quiet one is
 * for reliability/takeover.test.ts.
 */
const lost = ({ sent, failed }: Load): boolean => failed > sent / 100;

describeOnLab("what was made by hand under other names", () => {
  let hand: ByHand;
  let before: string[];
  /** The declaration that `adopt` writes. */
  let adopted: MeshDeclaration;
  const nodes = ["server1", "worker1", "worker2"];
  const made = () => Promise.all(nodes.map((node) => madeOn(node, hand.asOperator)));

  afterAll(forgetAdopted);

  beforeAll(async () => {
    forgetAdopted();
    hand = await madeByHand({ otherNames: true, backends: ["worker1", "worker2"] });
    before = await made();
  });

  test("is written down by adopt, which changes nothing", async () => {
    const run = await adopt("10.77.0.10:8500", "frontend", "backend", "ingress-gateway");
    console.log(run.text);
    expect(run.exitCode).toBe(0);
    adopted = await adoptedMesh(hand.mesh.name);
    const { services = {}, gateways = {}, takeOver } = adopted;
    expect(services.frontend).toMatchObject({
      runsOn: ["worker1"],
      port: 9001,
      upstreams: { backend: { localPort: 5000 } },
    });
    expect(services.backend).toMatchObject({ runsOn: ["worker1", "worker2"], port: 9002, protocol: "http" });
    expect(gateways["ingress-gateway"]).toEqual({ ...hand.mesh.gateways!["ingress-gateway"], runsOn: ["gateway1"] });
    const { configEntries } = takingOver(hand.mesh).takeOver!;
    expect({ ...takeOver, configEntries: takeOver?.configEntries?.sort() }).toEqual({
      services: ["backend", "frontend"],
      gateways: ["ingress-gateway"],
      configEntries: configEntries!.sort(),
    });
    expect(run.text).toMatch(/Stays as it is:[\s\S]*ledger: a service on worker2[\s\S]*legacy: a service on worker1/);
    expect(await synth()).toMatchObject({ exitCode: 0 });
    expect(await made()).toEqual(before);
  });

  test("is shown again only as far as it is new", async () => {
    const text = readFileSync(ADOPTED, "utf8");
    const again = await adopt("10.77.0.10:8500");
    expect([again.exitCode, readFileSync(ADOPTED, "utf8")]).toEqual([0, text]);
    expect(again.text).toMatch(/Made by hand:\n {2}ledger.*\n {2}legacy.*\n\nTo copy/);
  });

  test("is listed by the preflight and refused by the deploy, and goes on", async () => {
    const checked = checkMesh(hand.mesh, nodeFiles());
    if ("problems" in checked) throw new Error(JSON.stringify(checked.problems));
    const { findings } = await preflight(checked.mesh);
    const problems = findings.filter(({ severity, found }) => severity === "problem" && /made by hand/.test(found));
    expect(problems.map(({ where }) => `${where.on} ${where.what}`).sort()).toEqual([
      "worker1 backend",
      "worker1 frontend",
      "worker2 backend",
    ]);
    const frontend = problems.find(({ where }) => where.what === "frontend")!;
    for (const part of ["shop-frontend.service", "shop-frontend-envoy.service", "10-frontend.hcl", "frontend-1"]) {
      expect(frontend.found).toContain(part);
    }
    expect(frontend.remedy).toContain('takeOver: { services: ["frontend"] }');
    const { load, foreign, result } = await underBothLoads(() => apply(hand.mesh));
    expect(result.exitCode).not.toBe(0);
    expect([load, foreign].map(lost)).toEqual([false, false]);
    expect(await made()).toEqual(before);
  });

  test.each(brokenWays.slice(0, 2))("stays, runs and serves where the release over it %s", async (_, spoil) => {
    const broken = takingOver(hand.mesh, "frontend", "backend");
    spoil(broken.services!.backend!);
    const { load, foreign, result } = await underBothLoads(() => apply(broken));
    expect(result.exitCode).not.toBe(0);
    expect(result.text).toContain("backend is not healthy; what was made by hand is back, and serves");
    expect([load, foreign].map(lost)).toEqual([false, false]);
    expect(await made()).toEqual(before);
    expect((await get(HAND_GATEWAY)).status).toBe(200);
  });

  test("is taken over as it was adopted, without losing a request, and the gateway on the server goes on", async () => {
    const foreigners = ["worker1 legacy", "worker1 legacy-sidecar-proxy", "worker2 ledger", "server1 edge-envoy"];
    const pids = () => Promise.all(foreigners.map((one) => mainPid(...(one.split(" ") as [string, string]))));
    const processes = await pids();
    const { load, foreign, result } = await underBothLoads(() => deployMesh(adopted));
    console.log(
      result.text
        .split("\n")
        .filter((line) => /was away|taking over|held back/.test(line))
        .join("\n"),
    );
    expect([load, foreign].map(lost)).toEqual([false, false]);
    expect(await pids()).toEqual(processes);
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
    expect((await get(HAND_GATEWAY)).status).toBe(200);
    for (const node of ["worker1", "worker2"]) {
      expect(await on(node, "ls /etc/systemd/system/ /etc/consul.d | grep -E '^(shop|10)-' || true")).toBe("");
      expect(await on(node, "find /var/backups/gatehouse -name 'shop-*.service' | wc -l")).not.toBe("0\n");
    }
    expect(await on("worker1", "nft list tables")).toBe("table inet gatehouse_fence"); // no hold, no redirect
  });

  test("the gateway on the server goes when it is let go, and nothing else there", async () => {
    adopted.takeOver!.letGo = ["ingress-gateway"];
    const { load, foreign } = await underBothLoads(() => deployMesh(adopted), gatewayUrl);
    expect([load, foreign].map(lost)).toEqual([false, false]);
    expect((await get(HAND_GATEWAY)).status).toBe(0);
    expect(await on("server1", "ls /etc/systemd/system /etc/consul.d | grep -E 'edge|ingress' || true")).toBe("");
    expect(await on("server1", "systemctl is-active consul")).toContain("active");
    expect((await get(FOREIGN)).status).toBe(200);
  });
});
