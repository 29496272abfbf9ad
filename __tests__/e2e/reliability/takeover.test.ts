/** Hand-made things become the mesh's under load, or stay: rows of docs/reliability.md. */
import { type ByHand, HAND_GATEWAY, madeByHand } from "../support/by-hand";
import { cdktf, describeOnLab, gatewayUrl, on, type Run } from "../support/mesh";
import { record } from "../support/record";
import { apply, brokenWays, deployMesh, takingOver, underBothLoads } from "../support/taken";

jest.setTimeout(900_000);

const section = "Taking over what was made by hand";

/** Records two rows, the declared services' and the foreign one's. What is foreign loses nothing. */
async function row(
  change: string,
  run: () => Promise<Run>,
  gateway = HAND_GATEWAY,
  doctor?: string,
): Promise<{ failed: number; result: Run }> {
  const began = Date.now();
  const { load, foreign, result } = await underBothLoads(run, gateway);
  const seconds = (Date.now() - began) / 1000 - 4;
  await record({ section, change, sent: load.sent, failed: load.failed, seconds, doctor });
  await record({
    section,
    change: `${change}: a foreign service`,
    sent: foreign.sent,
    failed: foreign.failed,
    seconds,
    doctor: "not asked",
  });
  expect(foreign).toMatchObject({ failed: 0 });
  return { failed: load.failed, result };
}

/** A command that ends as soon as a unit does not run any more. */
const untilStops = (unit: string) => `timeout 120 sh -c 'while systemctl is-active -q ${unit}; do sleep 0.05; done'`;

describeOnLab("two instances made by hand", () => {
  let hand: ByHand;
  const both = ["worker1", "worker2"];

  beforeAll(async () => {
    hand = await madeByHand({ otherNames: true, frontends: both, backends: both });
  });

  test.each(brokenWays)("a takeover fails: the release %s", async (way, spoil) => {
    const broken = takingOver(hand.mesh, "frontend", "backend");
    spoil(broken.services!.backend!);
    const { failed, result } = await row(
      `two instances, the release ${way}: put back`,
      () => cdktf(broken, "deploy", "mesh", "--auto-approve"),
      HAND_GATEWAY,
      "not asked",
    );
    expect(result.text).toContain("what was made by hand is back, and serves");
    expect(failed).toBe(0);
  });

  test("a takeover is killed, and the next run fails", async () => {
    const mesh = takingOver(hand.mesh, "frontend", "backend");
    const broken = structuredClone(mesh);
    brokenWays[0]![1](broken.services!.backend!);
    const { failed, result } = await row(
      "two instances; the program is killed on the node, and the next release exits: put back",
      async () => {
        const killed = on("worker1", `${untilStops("shop-backend")}; pkill -9 -f '[g]atehouse-node instance apply'`);
        expect((await apply(mesh)).exitCode).not.toBe(0);
        await killed;
        return apply(broken);
      },
      HAND_GATEWAY,
      "not asked",
    );
    expect(result.text).toContain("what was made by hand is put back first");
    expect(result.text).toContain("what was made by hand is back, and serves");
    expect(failed).toBe(0);
  });

  test("a takeover, with the gateway's move", async () => {
    const mesh = takingOver(hand.mesh, "frontend", "backend");
    const { failed } = await row("two instances; a second gateway on a worker", () => deployMesh(mesh));
    expect(failed).toBe(0);
  });

  test("the old gateway is let go", async () => {
    const mesh = takingOver(hand.mesh, "frontend", "backend");
    mesh.takeOver!.letGo = ["ingress-gateway"];
    const { failed } = await row("the gateway on the server is let go", () => deployMesh(mesh), gatewayUrl);
    expect(failed).toBe(0);
  });
});

describeOnLab("one instance made by hand", () => {
  test.each([false, true])("is taken over while its callers wait (ACLs and TLS: %s)", async (locked) => {
    const hand = await madeByHand({ locked });
    const { failed } = await row(`one instance (callers wait)${locked ? ", ACLs and TLS" : ""}`, () =>
      deployMesh(takingOver(hand.mesh, "frontend", "backend")),
    );
    // One that reaches an idle connection of the old sidecar in the moment in which it stops.
    expect(failed).toBeLessThanOrEqual(2);
  });
});
