/** `npx gatehouse VERB`: the one entry of all commands. Each verb is a function that is loaded when it is asked for. */
import { resolve } from "node:path";
import type { Argv } from "yargs";
import { VERBS, type Verb } from "./verbs";

const project = resolve(__dirname, "..");

/** A command line that was understood, as a verb gets it. */
export interface Call {
  /** The options and arguments by name, as `verbs.ts` declares them. */
  options: Record<string, unknown>;
  /** Everything behind the verb, as it was written. */
  own: string[];
}

/** Does what a verb is for, and returns the exit code. An error ends with the verb's `failure`. */
export type Run = (call: Call) => Promise<number>;

/** Called by the parser with the verb's name. */
type Act = (name: string, call: Call) => Promise<void>;

function describe(parser: Argv, { options, examples, handsOn }: Verb): Argv {
  const described = parser.options(options).example(examples.map(([command, why]) => [command, why]));
  return handsOn ? described.strict(false) : described.strict();
}

/** The parser with every verb. */
export function parserOf(args: string[], act: Act): Argv {
  const yargs = require("yargs") as typeof import("yargs");
  const parser = yargs(args)
    .scriptName("gatehouse")
    .usage("$0 <verb>\n\nA Consul service mesh on plain Linux nodes, from one declaration (GATEHOUSE_MESH).")
    .parserConfiguration({ "boolean-negation": false, "dot-notation": false });
  for (const [name, verb] of Object.entries(VERBS)) {
    parser.command(
      verb.usage,
      verb.does,
      (inner) => describe(inner, verb),
      (options) => act(name, { options, own: args.slice(1) }),
    );
  }
  return parser
    .demandCommand(1, "Which verb?")
    .strictCommands()
    .recommendCommands()
    .completion("completion", "prints the completion script for your shell")
    .epilogue("Exit codes: docs/commands.md. Every verb has --help.")
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      if (error) throw error;
      throw new Error(
        `${message}\nTry: gatehouse --help, or gatehouse ${args[0]! in VERBS ? args[0] : "<verb>"} --help`,
      );
    })
    .wrap(Math.min(110, process.stdout.columns ?? 110));
}

/** Runs a verb to its end. */
async function perform(name: string, call: Call): Promise<void> {
  const verb = VERBS[name]!;
  process.chdir(project);
  try {
    process.exitCode = await verb.load().run(call);
  } catch (error) {
    // A message may carry what a node said.
    const { printable } = require("../findings") as typeof import("../findings");
    console.error((error as Error).message.split("\n").map(printable).join("\n"));
    process.exitCode = verb.failure;
  }
}

/** Runs one command line. Exit code 2 where it cannot be understood. */
export async function gatehouse(args: string[]): Promise<void> {
  const [name = "", ...own] = args;
  // A verb that takes any option leaves the parser nothing to check, and a deploy is not to wait for it.
  const unchecked =
    VERBS[name]?.handsOn && !own.some((word) => word === "--help" || word === "--get-yargs-completions");
  if (unchecked) return perform(name, { options: {}, own });
  try {
    await parserOf(args, perform).parseAsync();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}
