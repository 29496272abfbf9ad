/** One stack in whose folder Terraform works: the place where Gatehouse starts it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Output, output, runHere } from "../toolchain";
import { changedBackend } from "./changed-backend";
import { cloudOf, runInCloud } from "./cloud/run";
import { Ended } from "./ended";
import { WRAPPER } from "./env";
import { initialize } from "./init";
import { keepLock, lockRemedy } from "./lock-file";
import type { Print } from "./prepare";
import type { ProviderChoice } from "./provider-choice";
import type { CreatedState } from "./unfinished";

export interface StackOptions {
  env: NodeJS.ProcessEnv;
  choice: ProviderChoice;
  print: Print;
}

export class Stack {
  constructor(
    readonly name: string,
    /** With its cdk.tf.json. */
    readonly folder: string,
    private readonly options: StackOptions,
  ) {}

  /** The synthesized document. */
  get document(): Synthesized {
    return JSON.parse(readFileSync(join(this.folder, "cdk.tf.json"), "utf8"));
  }

  /** `terraform init`, where it is needed. */
  async initialize(): Promise<void> {
    const { choice, env } = this.options;
    const init = await initialize(this.folder, WRAPPER, choice.id, env);
    if (!init || init.exitCode === 0) {
      const told = keepLock(this.name, this.folder, choice);
      if (told) console.error(told);
      return;
    }
    console.error(`${init.stdout}\n${init.stderr}`.trim());
    const remedy = changedBackend(this, init) ?? lockRemedy(this.name, init);
    if (remedy) console.error(`\n${remedy}`);
    throw new Ended(init.exitCode);
  }

  /** Runs Terraform in the folder to its end, without the terminal. */
  terraform(...words: string[]): Promise<Output> {
    return output(WRAPPER, [`-chdir=${this.folder}`, ...words], {}, { env: this.options.env });
  }

  /** Undefined where there is none yet. */
  async state(): Promise<CreatedState | undefined> {
    const text = this.localState() ?? (await this.pulledState());
    return text.trim() === "" ? undefined : JSON.parse(text);
  }

  /** The text of a state that is a file here, without asking Terraform. */
  private localState(): string | undefined {
    const path = this.document.terraform.backend?.local?.path;
    if (typeof path !== "string") return undefined;
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  private async pulledState(): Promise<string> {
    const { exitCode, stdout, stderr } = await this.terraform("state", "pull");
    if (exitCode === 0) return stdout;
    throw new Error(`The state of ${this.name} cannot be read: ${stderr || stdout}`);
  }

  /**
   * `terraform apply` or `destroy` with this terminal.
   * @param answer to Terraform's question. @default a person types it
   * @returns 0 only when the stack is as the plan says
   */
  async change(command: "apply" | "destroy", args: string[], answer?: Promise<string>): Promise<number> {
    const { env, print } = this.options;
    const words = [`-chdir=${this.folder}`, command, ...args];
    const stdio = print === "stderr" ? (["inherit", 2, 2] as const) : "inherit";
    const run = (more: string[], onOutput?: (text: string) => void) =>
      runHere(WRAPPER, [...words, ...more], env, {
        answer,
        onOutput,
        stdio: typeof stdio === "string" ? stdio : [...stdio],
      });
    const cloud = cloudOf(this.document);
    return cloud ? runInCloud(cloud, args, run, env) : run([]);
  }
}

/** The part of cdk.tf.json that is read here. */
export interface Synthesized {
  terraform: {
    backend?: Record<string, Record<string, unknown>>;
    cloud?: Record<string, unknown>;
  };
  resource?: Record<string, Record<string, Record<string, unknown>>>;
}
