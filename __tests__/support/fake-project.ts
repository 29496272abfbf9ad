/** A project with two synthesized stacks, in which a shell program is in Terraform's place. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export class FakeProject {
  readonly folder = mkdtempSync(join(tmpdir(), "gatehouse-project-"));

  constructor() {
    symlinkSync(resolve("node_modules"), join(this.folder, "node_modules"));
    writeFileSync(join(this.folder, "cdktf.json"), "{}");
    writeFileSync(join(this.folder, "main.ts"), ""); // in the place of a synth
    writeFileSync(join(this.folder, "tfrc"), "provider_installation {\n  direct {}\n}\n");
    mkdirSync(join(this.folder, "cdktf.out"));
    const manifest = { stacks: { mesh: { dependencies: ["cluster"] }, cluster: { dependencies: [] } } };
    writeFileSync(join(this.folder, "cdktf.out", "manifest.json"), JSON.stringify(manifest));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** Writes the document of a stack, as a synth would. */
  synthesized(stack: string, document: object): void {
    mkdirSync(join(this.folder, "cdktf.out", "stacks", stack), { recursive: true });
    writeFileSync(join(this.folder, "cdktf.out", "stacks", stack, "cdk.tf.json"), JSON.stringify(document));
  }

  /**
   * Runs a piece of JavaScript that returns an exit code.
   * @param terraform shell lines; $stack is the stack, $1 the command and the rest its arguments
   */
  async run(code: string, terraform: string, env: Record<string, string> = {}) {
    const [log, program] = [join(this.folder, "log"), join(this.folder, "terraform")];
    rmSync(log, { force: true });
    const lines = [
      "#!/bin/sh",
      'case "$*" in *stacks/cluster*) stack=cluster ;; *) stack=mesh ;; esac',
      "shift",
      `echo "$stack $*" >>${log}`,
      terraform,
    ];
    writeFileSync(program, `${lines.join("\n")}\n`, { mode: 0o755 });
    const child = spawn(
      process.execPath,
      ["--require", "tsx/cjs", "-e", `${code}.then((code) => process.exit(code))`],
      {
        cwd: this.folder,
        detached: true,
        env: {
          ...process.env,
          TF_CLI_CONFIG_FILE: join(this.folder, "tfrc"),
          TERRAFORM_BINARY_NAME: program,
          GATEHOUSE_BACKEND: "",
          ...env,
        },
      },
    );
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (text += part));
    const exitCode = await new Promise<number | null>((done) => child.on("close", done));
    return { exitCode, text, calls: existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [] };
  }
}
