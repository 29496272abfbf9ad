/** The verbs of `gatehouse`: what each does, its options, and the program of the room that does it. */
import type { Options } from "yargs";

export interface Verb {
  /** The verb and its arguments, as yargs writes them: `rotate [names..]`. */
  usage: string;
  /** One line for `gatehouse --help`. */
  does: string;
  /** The file that does it, from the project's folder, and arguments that come before the person's own. */
  runs: string[];
  options: Record<string, Options>;
  /** A command line, and what it is good for. */
  examples: [command: string, why: string][];
  /** Whether more is accepted and handed on, for example Terraform's own options. @default false */
  handsOn?: boolean;
}

const json: Options = { type: "boolean", describe: "for programs: JSON on standard output" };
const approve: Options = { type: "boolean", describe: "do not ask before the plan is applied" };

export const VERBS: Record<string, Verb> = {
  deploy: {
    usage: "deploy",
    does: "preflight, plan, and after a yes every stack in its order",
    runs: ["commands/deploy.ts"],
    options: { "auto-approve": approve },
    examples: [
      ["gatehouse deploy", "shows the plan and asks"],
      ["gatehouse deploy -replace=null_resource.program_worker1", "other options are terraform apply's"],
    ],
    handsOn: true,
  },
  destroy: {
    usage: "destroy",
    does: "takes the whole mesh away again, in the reverse order",
    runs: ["commands/with-providers.ts", "--", "cdktf", "destroy", "*"],
    options: { "auto-approve": approve },
    examples: [["gatehouse destroy", "asks for each stack"]],
    handsOn: true,
  },
  diff: {
    usage: "diff",
    does: "shows what a deploy would change",
    runs: ["commands/with-providers.ts", "--", "cdktf", "diff", "mesh"],
    options: {},
    examples: [["gatehouse diff", "Terraform's plan of the mesh stack"]],
    handsOn: true,
  },
  synth: {
    usage: "synth",
    does: "checks the declaration and writes what a deploy would bring, to be read: cdktf.out/review",
    runs: ["commands/synth.ts"],
    options: {},
    examples: [
      ["gatehouse synth", "then read cdktf.out/review/mesh.md"],
      ["GATEHOUSE_MESH=meshes/mine.ts gatehouse synth", "another mesh than the example"],
    ],
    handsOn: true,
  },
  preflight: {
    usage: "preflight",
    does: "looks at every node for what would stop a deploy; changes nothing",
    runs: ["commands/preflight.ts"],
    options: { json },
    examples: [["gatehouse preflight", "a table and every finding"]],
  },
  doctor: {
    usage: "doctor",
    does: "compares the live mesh with the declaration; changes nothing unless asked to",
    runs: ["commands/doctor.ts"],
    options: {
      json,
      fix: { type: "boolean", alias: "mend", describe: "replace what Terraform can put right" },
      "auto-approve": approve,
    },
    examples: [
      ["gatehouse doctor", "what is not as declared"],
      ["gatehouse doctor --fix", "and put it right, after a yes"],
    ],
  },
  trust: {
    usage: "trust [keys..]",
    does: "shows each node's host key to confirm, and writes it down",
    runs: ["commands/trust.ts"],
    options: { changed: { type: "boolean", describe: "the named keys are known to have changed" } },
    examples: [
      ["gatehouse trust", "asks for each key that is not known"],
      ["gatehouse trust worker1=SHA256:…", "without a terminal"],
    ],
  },
  secrets: {
    usage: "secrets [action]",
    does: "makes the keys, certificates and the first token of the mesh, or what of them is missing",
    runs: ["commands/secrets.ts"],
    options: {
      new: { type: "boolean", describe: "new ones for a mesh that was deployed before: see docs/recovery.md" },
    },
    examples: [
      ["gatehouse secrets", "shows no value and writes over nothing"],
      ["gatehouse secrets recover", "the file is lost: read from the servers"],
    ],
  },
  rotate: {
    usage: "rotate [names..]",
    does: "new tokens in place of those in use, each instance rolled",
    runs: ["commands/rotate.ts"],
    options: {
      all: { type: "boolean", describe: "every token" },
      certificates: { type: "boolean", describe: "certificates that `secrets` has renewed" },
      "auto-approve": approve,
    },
    examples: [["gatehouse rotate frontend", "of one service, gateway or node"]],
  },
  review: {
    usage: "review [base]",
    does: "tells what the declaration changes against another commit, as Markdown",
    runs: ["commands/review.ts"],
    options: { limit: { type: "number", describe: "most characters of the text" } },
    examples: [["gatehouse review origin/main", "for a pull request's comment"]],
  },
  state: {
    usage: "state <action> [places..]",
    does: "moves the states to another backend, or makes a lost one again",
    runs: ["commands/state.ts"],
    options: { "auto-approve": approve },
    examples: [
      ["gatehouse state move local cloud", "no node is touched"],
      ["gatehouse state recover", "what serves is not touched"],
    ],
    handsOn: true,
  },
  env: {
    usage: "env",
    does: "prints what a shell needs for plain cdktf commands",
    runs: ["commands/env.ts"],
    options: {},
    examples: [['eval "$(npx gatehouse env)"', "then npx cdktf diff mesh works"]],
  },
  lab: {
    usage: "lab [action] [words..]",
    does: "throw-away nodes: up, deploy and a request; or up, reset, ssh, down",
    runs: ["commands/lab.ts"],
    options: {},
    examples: [
      ["gatehouse lab", "nodes, the mesh deployed on them, a request through the gateway"],
      ["gatehouse lab ssh worker1 mesh status", "a command on a node"],
      ["gatehouse lab down", "all of it gone"],
    ],
    handsOn: true,
  },
};
