import { writeFileSync } from "node:fs";
import type { MeshDeclaration } from "../../../model";
import { doctorVerdict } from "../support/doctor";
import { cutOff, everyMachine, nothingPlanned } from "../support/interrupt";
import { backendOn, declaration, deploy, describeOnLab, freshLab, gatewayUrl, getUntil } from "../support/mesh";
import { record } from "../support/record";

jest.setTimeout(300_000);

type Signal = "SIGINT" | "SIGKILL";

// Seconds from the start of `cdktf deploy`: from before Terraform runs to the last programs on the machines.
const firstDeploys: [Signal, number][] = [
  ["SIGINT", 5],
  ["SIGINT", 11],
  ["SIGKILL", 8],
  ["SIGKILL", 12],
];
const laterDeploys: [Signal, number][] = [
  ["SIGINT", 1],
  ["SIGKILL", 1.5],
  ["SIGINT", 2.5],
  ["SIGKILL", 3],
  ["SIGINT", 3.5],
  ["SIGKILL", 4],
  ["SIGINT", 4.5],
  ["SIGKILL", 5],
  ["SIGINT", 5.5],
  ["SIGKILL", 6],
  ["SIGINT", 6.5],
  ["SIGKILL", 7],
  ["SIGINT", 7.5],
  ["SIGKILL", 8.5],
  ["SIGINT", 9],
  ["SIGKILL", 10],
];

describeOnLab("a deploy that is cut off", () => {
  const [plain, grown] = [declaration(), grownMesh()];
  let fresh: Record<string, string>[];
  let freshlyGrown: Record<string, string>[];

  beforeAll(async () => {
    await freshLab();
    await deploy(plain);
    fresh = everyMachine();
    await deploy(grown);
    freshlyGrown = everyMachine();
  });

  test.each(laterDeploys)("a change, by %s after %d s: a plain deploy ends what it began", async (signal, seconds) => {
    const at = laterDeploys.findIndex(([one, other]) => one === signal && other === seconds);
    const [mesh, expected] = at % 2 === 0 ? [plain, fresh] : [grown, freshlyGrown];
    await cutOff(mesh, seconds, signal);
    await converges(`a change cut off by ${signal} after ${seconds} s`, mesh, expected);
  });

  test("a change, by SIGKILL while Terraform writes its state: a plain deploy ends what it began", async () => {
    await deploy(grown);
    killedInAWrite("cluster", "mesh");
    await converges("a change cut off by SIGKILL while Terraform writes its state", plain, fresh);
    await deploy(grown);
    expect(await doctorVerdict(grown)).toEqual([]);
  });

  test.each(firstDeploys)(
    "the first one, by %s after %d s: a plain deploy ends what it began",
    async (signal, seconds) => {
      await freshLab();
      await cutOff(plain, seconds, signal);
      await converges(`the first deploy cut off by ${signal} after ${seconds} s`, plain, fresh);
    },
  );

  /** As if the last deploy had been killed: the state before it is a copy, and the state itself is empty. */
  function killedInAWrite(...stacks: string[]): void {
    for (const stack of stacks) {
      writeFileSync(`terraform.lab.${stack}.tfstate`, "");
      writeFileSync(`.terraform.lab.${stack}.tfstate.lock.info`, '{"Operation":"OperationTypeApply"}');
    }
  }

  async function converges(change: string, mesh: MeshDeclaration, expected: Record<string, string>[]): Promise<void> {
    const began = Date.now();
    await deploy(mesh);
    await record({ section: "Faults", change, sent: 0, failed: 0, seconds: (Date.now() - began) / 1000 });
    expect((await getUntil(200, gatewayUrl, ["Host: front.test"])).status).toBe(200);
    expect(everyMachine()).toEqual(expected);
    expect(await nothingPlanned()).toBe("");
  }
});

/** Another service, another route, and a setting of what runs already. */
function grownMesh(): MeshDeclaration {
  const mesh = declaration();
  mesh.services!.stock = backendOn(["worker1"], 9012);
  mesh.services!.backend!.run.env = { GREETING: "hello" };
  mesh.gateways!["ingress-gateway"]!.listeners[0]!.services = [
    { name: "frontend", hosts: ["front.test"] },
    { name: "stock", hosts: ["stock.test"] },
  ];
  return mesh;
}
