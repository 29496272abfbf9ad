import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROVIDERS } from "../../toolchain";

/** Terraform in a folder of its own. */
export class TerraformFolder {
  readonly path = mkdtempSync(join(tmpdir(), "gatehouse-terraform-"));

  constructor(readonly env: Record<string, string>) {}

  /** Replaces the configuration. Provider requirements are added. */
  write(configuration: Record<string, unknown>): void {
    const required = PROVIDERS.map(({ name, version }) => [name, { source: `hashicorp/${name}`, version }]);
    const terraform = { required_providers: Object.fromEntries(required) };
    writeFileSync(join(this.path, "main.tf.json"), JSON.stringify({ terraform, ...configuration }));
  }

  /** Runs Terraform; a failure is an error with everything that it printed. */
  async run(...args: string[]): Promise<string> {
    const { code, printed } = await this.try(...args);
    if (code !== 0) throw new Error(`terraform ${args.join(" ")}: exit ${code}\n${printed}`);
    return printed;
  }

  apply(): Promise<string> {
    return this.run("apply", "-auto-approve", "-input=false");
  }

  /** "none", or the lines of the plan that say what would be done to which resource. */
  async plan(): Promise<string[] | "none"> {
    const { code, printed } = await this.try("plan", "-detailed-exitcode", "-input=false");
    if (code === 0) return "none";
    if (code !== 2) throw new Error(`terraform plan: exit ${code}\n${printed}`);
    return printed
      .split("\n")
      .filter((line) => /^ {2}# \S+ ((will|must) be|is tainted, so must be)/.test(line))
      .map((line) => line.slice(4));
  }

  try(...args: string[]): Promise<{ code: number | null; printed: string }> {
    const child = spawn("terraform", [...args, "-no-color"], { cwd: this.path, env: { ...process.env, ...this.env } });
    let printed = "";
    child.stdout.on("data", (part) => (printed += part));
    child.stderr.on("data", (part) => (printed += part));
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, printed }));
    });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
