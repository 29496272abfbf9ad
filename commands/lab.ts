/** `gatehouse lab`: throw-away nodes on this machine, and the mesh on them. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import {
  allSteps,
  chosenMesh,
  describe,
  down,
  firstWay,
  forgetState,
  labOfAnotherCheckout,
  machineSteps,
  machinesOf,
  rememberMesh,
  remove,
  reset,
  run as runSteps,
  sshArguments,
} from "../lab";
import type { MeshDeclaration } from "../model";
import type { Call } from "./gatehouse";

async function declaration(): Promise<MeshDeclaration> {
  const path = resolve(chosenMesh());
  const { default: mesh } = require(path) as { default?: MeshDeclaration };
  if (!mesh?.nodes) throw new Error(`${path} declares no nodes, so there is no node to make.`);
  return mesh;
}

async function lab(): Promise<void> {
  const mesh = await declaration();
  const { answer } = await runSteps(allSteps(mesh));
  const way = firstWay(mesh);
  if (way && answer) console.log(`\n${describe(way, answer)}\n`);
  console.log(nextCommands(mesh));
}

function nextCommands(mesh: MeshDeclaration): string {
  const worker = firstWay(mesh)?.services[0]?.node ?? machinesOf(mesh)[0]?.name;
  const commands = [
    [`curl ${firstWay(mesh)?.url ?? ""}`, "the same request again"],
    [`npm run lab:ssh -- ${worker} mesh status`, "what runs on a node"],
    [`npm run lab:ssh -- ${worker}`, "a shell on it"],
    [`edit ${chosenMesh()}, then npm run lab`, "change the mesh"],
    ["npm run lab:down", "take all of it away"],
  ] as const;
  const width = Math.max(...commands.map(([command]) => command.length));
  return ["Try next:", ...commands.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`)].join("\n");
}

async function shell([name, ...command]: string[]): Promise<number> {
  if (!name) throw new Error("Which node? npm run lab:ssh -- NAME [COMMAND]");
  const { status } = spawnSync("ssh", [...sshArguments(name), ...command], { stdio: "inherit" });
  return status ?? 255;
}

function needRoot(): void {
  if (process.getuid?.() !== 0) throw new Error("The lab's nodes belong to root: use sudo.");
}

async function renew(): Promise<void> {
  needRoot();
  const mesh = await declaration();
  const machines = machinesOf(mesh);
  // Whatever else another checkout made would keep the lab from being this checkout's.
  const others = labOfAnotherCheckout()?.nodes ?? [];
  await Promise.all(others.filter((name) => !machines.some((one) => one.name === name)).map(remove));
  await reset(machines, console.log);
  rememberMesh(chosenMesh());
  forgetState(mesh.name);
}

async function takeAway(): Promise<void> {
  needRoot();
  await down();
  forgetState((await declaration()).name);
  console.log("The lab is gone. npm run lab makes it again.");
}

const commands: Record<string, (args: string[]) => Promise<unknown>> = {
  lab,
  up: async () => runSteps(machineSteps(await declaration())),
  reset: renew,
  ssh: shell,
  down: takeAway,
};

export async function run({ own: [name = "lab", ...args] }: Call): Promise<number> {
  const command = commands[name];
  process.env.GATEHOUSE_MESH = chosenMesh(); // for the commands that the lab calls
  if (!command) {
    console.error(`The lab has no command "${name}". It has ${Object.keys(commands).join(", ")}.`);
    return 2;
  }
  const code = await command(args[0] === "--" ? args.slice(1) : args);
  return typeof code === "number" ? code : 0;
}
