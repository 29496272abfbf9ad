/** `npx gatehouse VERB`: the front door. Each verb is a program of its own room; here it is named, checked and started. */
import { resolve } from "node:path";
import yargs, { type Argv } from "yargs";
import { runHere } from "../toolchain";
import { VERBS, type Verb } from "./verbs";

const project = resolve(__dirname, "..");

/** Starts the program of a verb with what the person wrote behind it, and takes its exit code. */
async function start({ runs: [file = "", ...first] }: Verb, own: string[]): Promise<void> {
  const command = ["--import", "tsx", resolve(project, file), ...first, ...own];
  process.exitCode = await runHere(process.execPath, command, process.env, { cwd: project });
}

function describe(parser: Argv, { options, examples, handsOn }: Verb): Argv {
  const described = parser.options(options).example(examples.map(([command, why]) => [command, why]));
  return handsOn ? described.strict(false) : described.strict();
}

/** The parser with every verb. `act` gets the verb's name and what was written behind it. */
export function parserOf(args: string[], act: (name: string, own: string[]) => Promise<void>): Argv {
  const parser = yargs(args)
    .scriptName("gatehouse")
    .usage("$0 <verb>\n\nA Consul service mesh on plain Linux nodes, from one declaration (GATEHOUSE_MESH).")
    .parserConfiguration({ "boolean-negation": false, "dot-notation": false });
  for (const [name, verb] of Object.entries(VERBS)) {
    parser.command(
      verb.usage,
      verb.does,
      (inner) => describe(inner, verb),
      () => act(name, args.slice(1)),
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

/** Runs one command line. Exit code 2 where it cannot be understood. */
export async function gatehouse(args: string[]): Promise<void> {
  try {
    await parserOf(args, (name, own) => start(VERBS[name]!, own)).parseAsync();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}
