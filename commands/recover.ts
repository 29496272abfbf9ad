/**
 * `gatehouse state recover`: makes a lost state again, without touching what serves. What Consul has of the mesh (tokens,
 * policies, config entries) is imported; the programs on the nodes run again and find everything in place. It is a deploy:
 * Terraform shows its plan and asks. In the end it removes tokens and policies of this mesh that no state knows.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatProblems, loadMesh, type Mesh, meshPath } from "../model";
import { atReachableConsul } from "../nodes";
import {
  IMPORTS,
  importsFor,
  leftOver,
  lostFrom,
  type PulledState,
  readConsul,
  removeLeftOver,
  type SynthesizedStack,
} from "../recover";
import type { Stack } from "../terraform";
import { deploy, runsElsewhere } from "../terraform";
import { preflightOfDeploy } from "./preflight";

/** @param args of `terraform apply` */
export async function recoverState(args: string[]): Promise<number> {
  if (runsElsewhere(process.env)) {
    throw new Error(
      "Terraform runs elsewhere (GATEHOUSE_BACKEND), and its workspace keeps every earlier state: bring one back there, and deploy.",
    );
  }
  const path = meshPath();
  const loaded = await loadMesh(path);
  if ("problems" in loaded) {
    console.error(formatProblems(loaded.problems, path));
    return 1;
  }
  return new Recovery((await atReachableConsul(loaded.mesh)).mesh).run(args);
}

class Recovery {
  private readonly stacks: Stack[] = [];
  private anyLost = false;

  constructor(private readonly mesh: Mesh) {}

  async run(args: string[]): Promise<number> {
    let code: number;
    try {
      code = await deploy(args, {
        preflight: () => preflightOfDeploy({ recovering: true }),
        beforePlan: (stack) => this.prepare(stack),
      });
    } finally {
      for (const { folder } of this.stacks) rmSync(join(folder, IMPORTS), { force: true });
    }
    if (code !== 0) console.error("The state is not complete yet. When that is solved: npm run state -- recover");
    return code === 0 && this.anyLost ? this.clean() : code;
  }

  private async prepare(stack: Stack): Promise<void> {
    this.stacks.push(stack);
    const document = stack.document as SynthesizedStack;
    const lost = lostFrom(document, await pull(stack));
    if (lost.length === 0) return console.log(`${stack.name}: its state has everything`);
    this.anyLost = true;
    const kinds = Object.values(document.resource?.consul_config_entry ?? {}).map(({ kind }) => kind);
    const imports = importsFor(this.mesh.name, document, lost, await readConsul(this.mesh, [...new Set(kinds)]));
    writeFileSync(join(stack.folder, IMPORTS), JSON.stringify({ import: imports }, null, 2));
    console.log(
      `${stack.name}: its state lacks ${lost.length} resources: ${imports.length} are imported from Consul, and the others are made again`,
    );
  }

  /** Only now does nothing use what no state knows. */
  private async clean(): Promise<number> {
    const states = await Promise.all(this.stacks.map(pull));
    const found = leftOver(
      this.mesh.name,
      states.filter((state) => state !== undefined),
      await readConsul(this.mesh, []),
    );
    const faults = await removeLeftOver(this.mesh, found);
    for (const { Description } of found.tokens) console.log(`removed a token that no state knows: ${Description}`);
    for (const fault of faults) console.error(`Consul did not remove ${fault}`);
    console.log("The state is there again.");
    return faults.length > 0 ? 1 : 0;
  }
}

/** Undefined when there is none. */
async function pull(stack: Stack): Promise<PulledState | undefined> {
  const { exitCode, stdout, stderr } = await stack.terraform("state", "pull");
  if (exitCode !== 0) throw new Error(`the state of ${stack.name} cannot be read: ${stderr || stdout}`);
  return stdout.trim() === "" ? undefined : (JSON.parse(stdout) as PulledState);
}
