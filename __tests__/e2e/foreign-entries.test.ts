import { output } from "../../toolchain";
import { type ByHand, FOREIGN, HAND_GATEWAY, madeByHand } from "./support/by-hand";
import { doctor } from "./support/doctor";
import { type Load, underLoad } from "./support/load";
import { backendOn, cdktf, cdktfCommand, describeOnLab, gatewayUrl, getUntil, on, plan } from "./support/mesh";
import { record } from "./support/record";

jest.setTimeout(300_000);

type Entry = Record<string, unknown> & { Kind: string; Name: string; Meta?: Record<string, string> };

const KINDS = [
  "proxy-defaults",
  "service-defaults",
  "service-intentions",
  "service-router",
  "ingress-gateway",
  "service-resolver",
  "service-splitter",
];

/** For everyone, and for a service that the mesh is going to declare. */
const WRITTEN_BY_HAND = [
  { Kind: "service-intentions", Name: "*", Sources: [{ Name: "*", Action: "allow" }] },
  { Kind: "service-defaults", Name: "shelf", Protocol: "http", MaxInboundConnections: 100, Meta: { team: "shelf" } },
];
const TAKEN = ["proxy-defaults/global", "service-intentions/*", "service-defaults/shelf"];

describeOnLab("a Consul in which others have entries of their own", () => {
  let hand: ByHand;
  let before: Map<string, Entry>;

  beforeAll(async () => {
    hand = await madeByHand();
    for (const entry of WRITTEN_BY_HAND) {
      await on("server1", hand.asOperator(`consul config write - <<<'${JSON.stringify(entry)}'`));
    }
    hand.mesh.consul.owns = ["proxy-defaults", "default-deny"];
    hand.mesh.services = { shelf: backendOn(["worker2"], 9022) };
    hand.mesh.gateways = {
      door: {
        runsOn: ["gateway1"],
        listeners: [{ port: 8080, protocol: "http", services: [{ name: "shelf", hosts: ["*"] }] }],
      },
    };
    before = await entries();
  });

  test("a deploy is refused, and each entry named with what would change", async () => {
    const { exitCode, findings } = await preflight();
    const problems = findings.filter(({ severity }) => severity === "problem");
    expect(problems.map(({ check }) => check).sort()).toEqual([...TAKEN].sort());
    const found = (name: string) => problems.find(({ check }) => check === name)?.found;
    expect(found("service-defaults/shelf")).toMatch(/changes it: .*MaxInboundConnections 100 goes/);
    expect(found("service-intentions/*")).toMatch(/Sources \(\* allow\) become \(\* deny\)$/);
    expect(found("proxy-defaults/global")).toBe("Consul has it with the same content, and no mesh's mark");
    expect(exitCode).toBe(1);
    expect(await entries()).toEqual(before);
  });

  test("named by takeOver they are written over, and no call of others fails", async () => {
    hand.mesh.takeOver = { configEntries: TAKEN };
    expect((await preflight()).exitCode).toBe(0);
    await untouched("taking over config entries made by hand", () => terraform("deploy"));
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
    const now = await entries();
    const marks = TAKEN.map((name) => now.get(name)?.Meta?.["gatehouse-mesh"]);
    expect(marks).toEqual([undefined, "shop", "shop"]); // the first is the same already
    expect(foreign(now)).toEqual(foreign(before));
    expect(await plan(hand.mesh)).toEqual([]);
    const { findings } = await doctor(hand.mesh);
    expect(findings.filter(({ kind }) => kind !== "note").map(({ line }) => line)).toEqual([]);
  });

  test("one that left the declaration is as it was before", async () => {
    hand.mesh.consul.owns = ["proxy-defaults"];
    hand.mesh.takeOver = { configEntries: TAKEN.filter((name) => name !== "service-intentions/*") };
    await untouched("a config entry that was taken over leaves the declaration", () => terraform("deploy"));
    const now = await entries();
    expect(now.get("service-intentions/*")).toEqual(before.get("service-intentions/*"));
    expect(now.get("service-defaults/shelf")?.Meta).toEqual({ "gatehouse-mesh": "shop" });
    expect(await plan(hand.mesh)).toEqual([]);
  });

  test("destroy puts the others back without a gap", async () => {
    await untouched("destroy of a mesh that took over config entries", () => terraform("destroy"));
    expect(await entries()).toEqual(before);
    expect(await on("server1", "consul kv get -keys gatehouse/ 2>&1 || true")).not.toContain("taken-over");
  });

  async function terraform(verb: "deploy" | "destroy"): Promise<void> {
    const { exitCode, text } = await cdktf(hand.mesh, verb, "mesh", "--auto-approve");
    if (exitCode !== 0) throw new Error(`the ${verb} failed:\n${text.slice(-6000)}`);
  }

  /** Runs a change while others call each other, and expects that it costs them nothing. */
  async function untouched(change: string, work: () => Promise<unknown>): Promise<void> {
    const began = Date.now();
    const outer = await underLoad(FOREIGN, () => underLoad(HAND_GATEWAY, work));
    const loads: Load[] = [outer.load, outer.result.load];
    const [sent, failed] = [sum(loads.map((load) => load.sent)), sum(loads.map((load) => load.failed))];
    await record({ section: "Foreign", change, sent, failed, seconds: (Date.now() - began) / 1000 });
    // On a busy machine an agent's reload alone may cost a few.
    expect(loads.map((load) => load.failed <= load.sent / 100)).toEqual([true, true]);
  }

  /** Every entry by `kind/name`, as Consul has it but for the count of its last write. */
  async function entries(): Promise<Map<string, Entry>> {
    const lists = await Promise.all(
      KINDS.map(
        async (kind) => JSON.parse(await on("server1", `curl -s http://127.0.0.1:8500/v1/config/${kind}`)) as Entry[],
      ),
    );
    const all = lists
      .flat()
      .map(({ ModifyIndex, ...entry }): [string, Entry] => [`${entry.Kind}/${entry.Name}`, entry as Entry]);
    return new Map(all);
  }

  async function preflight(): Promise<{ exitCode: number; findings: Record<string, string>[] }> {
    const { env } = cdktfCommand(hand.mesh, []);
    const args = ["bin/gatehouse.js", "preflight", "--json"];
    const { stdout, exitCode } = await output(process.execPath, args, {}, { env });
    return { exitCode, findings: JSON.parse(stdout).findings };
  }
});

/** Entries of services that the mesh does not declare. */
function foreign(all: Map<string, Entry>): Entry[] {
  return [...all.values()].filter(({ Name }) => ["frontend", "backend", "ledger", "ingress-gateway"].includes(Name));
}

const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0);
