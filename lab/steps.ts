/** `npm run lab`, as the list of its steps. */
import { copyFileSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Listr, type ListrTask, PRESET_TIMER } from "listr2";
import type { MeshDeclaration } from "../model";
import { part, type Report } from "../toolchain";
import { labOfAnotherCheckout, refusal } from "./checkout";
import { chosenMesh, rememberMesh } from "./chosen";
import { machinesOf } from "./declared";
import { deploy, secrets } from "./deploy";
import { sharedRoot, up } from "./machines";
import { projectFolder } from "./places";
import { type Answer, ask, firstWay } from "./request";
import { elsewhere, inspectHost, install, obstacles } from "./requirements";
import { forgetStateOfOthers } from "./terraform-state";

/** Results of steps that later steps use. */
export interface Result {
  answer?: Answer;
}

/** A failure stands in full below the list, where there is room for it: the list itself only points there. */
function step(title: string, work: (report: Report, result: Result) => Promise<void>): ListrTask<Result> {
  return {
    title,
    task: async (result, task) => {
      try {
        await work((line) => {
          task.output = line;
        }, result);
      } catch (error) {
        throw new Error("see below", { cause: error });
      }
    },
  };
}

const checkHost = step("This machine", async (report) => {
  const host = await inspectHost();
  const found = obstacles(host);
  if (found.length > 0) throw new Error([...found, elsewhere].join("\n"));
  const other = labOfAnotherCheckout();
  if (other) throw new Error(refusal(other, projectFolder));
  await install(host.missingPackages, report);
});

const realParts = step("Consul, Envoy and fortio", async (report) => {
  await part("envoy", report);
  await part("fortio", report).then(copyFortio);
  await part("consul", report);
});

/** The demo's program stands where the declaration names it. */
function copyFortio(found: string): void {
  const folder = join(projectFolder, "lab", "bin");
  mkdirSync(folder, { recursive: true });
  copyFileSync(found, join(folder, "fortio.new"));
  renameSync(join(folder, "fortio.new"), join(folder, "fortio"));
}

const rootStep = step("The machines' file system", async (report) => {
  await sharedRoot(report);
});

function machinesStep(mesh: MeshDeclaration): ListrTask<Result> {
  const machines = machinesOf(mesh);
  return step(`Machines: ${machines.map(({ name }) => name).join(", ")}`, async (report) => {
    await up(machines, report);
    rememberMesh(chosenMesh());
    if (forgetStateOfOthers(mesh.name, machines)) report("new machines: forgot the Terraform state of the ones before");
  });
}

function requestStep(mesh: MeshDeclaration): ListrTask<Result> {
  const way = firstWay(mesh);
  return step("A request through the gateway", async (_report, result) => {
    if (way) result.answer = await ask(way.url);
  });
}

/** Machines only. */
export const machineSteps = (mesh: MeshDeclaration): ListrTask<Result>[] => [
  checkHost,
  realParts,
  rootStep,
  machinesStep(mesh),
  step("Secrets", secrets),
];

/** From nothing to an answered request. */
export const allSteps = (mesh: MeshDeclaration): ListrTask<Result>[] => [
  ...machineSteps(mesh),
  step("Preflight and deploy", deploy),
  requestStep(mesh),
];

/** Runs steps one after another, each with its time; on a terminal with what it is doing, else as plain lines. */
export async function run(steps: ListrTask<Result>[]): Promise<Result> {
  const list = new Listr<Result>(steps, {
    ctx: {},
    rendererOptions: { timer: PRESET_TIMER },
    fallbackRenderer: "simple",
    fallbackRendererOptions: { timer: PRESET_TIMER },
  });
  return list.run().catch((error: Error) => {
    throw error.cause ?? error;
  });
}
