/** The states of a mesh, read and written by Terraform wherever they are kept. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { output, run } from "../toolchain";
import { namedTerraform } from "./env";
import type { State } from "./state-content";

/** Terraform's settings of each stack with this backend, as `synth` writes them; returns the stacks' names. */
export async function stacksIn(backend: string, outdir: string, env: Record<string, string>): Promise<string[]> {
  mkdirSync(outdir);
  const synthEnv = { ...env, GATEHOUSE_BACKEND: backend, CDKTF_OUTDIR: outdir };
  await run(process.execPath, ["--require", "tsx/cjs", "main.ts"], { env: synthEnv });
  return readdirSync(join(outdir, "stacks"));
}

/** Terraform in a folder that knows where the state is, and nothing else. */
export async function open(outdir: string, stack: string, env: Record<string, string>) {
  const folder = join(outdir, "only-state", stack);
  mkdirSync(folder, { recursive: true });
  const { terraform } = JSON.parse(readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8"));
  const { backend, cloud } = terraform;
  writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify({ terraform: cloud ? { cloud } : { backend } }));
  const terraformIn = async (...args: string[]) => {
    const done = await output(
      namedTerraform() ?? "terraform",
      args,
      {},
      { cwd: folder, env: { ...process.env, ...env } },
    );
    if (done.exitCode !== 0) throw new Error(`terraform ${args.join(" ")} (${stack}):\n${done.stdout}\n${done.stderr}`);
    return done.stdout;
  };
  await terraformIn("init", "-input=false", "-no-color");
  return {
    /** Undefined where there is none yet. */
    async pull(): Promise<State | undefined> {
      const text = await terraformIn("state", "pull");
      return text.trim() === "" ? undefined : (JSON.parse(text) as State);
    },
    async push(state: State): Promise<void> {
      writeFileSync(join(folder, "state"), JSON.stringify(state, null, 2), { mode: 0o600 });
      await terraformIn("state", "push", "-lock-timeout=2m", "state");
    },
  };
}
