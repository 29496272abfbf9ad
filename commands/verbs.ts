/** The verbs of `gatehouse`: what each does, its options, and the file that does it. */
import type { Options } from "yargs";
import { ADOPT } from "./adopt-verb";
import type { Run } from "./gatehouse";

export interface Verb {
  /** The verb and its arguments, as yargs writes them: `rotate [names..]`. */
  usage: string;
  /** One line for `gatehouse --help`. */
  does: string;
  /** Loads the file that does it: no verb waits for the code of another one. */
  load: () => { run: Run };
  /** The exit code when it fails with an error. */
  failure: 1 | 2;
  options: Record<string, Options>;
  /** A command line, and what it is good for. */
  examples: [command: string, why: string][];
  /** Whether more is accepted and handed on, for example Terraform's own options. @default false */
  handsOn?: boolean;
}

const json: Options = { type: "boolean", describe: "for programs: JSON on standard output" };
const approve: Options = { type: "boolean", describe: "do not ask before the plan is applied" };

export const VERBS: Record<string, Verb> = {
  adopt: ADOPT,
  deploy: {
    usage: "deploy",
    does: "preflight, plan, and after a yes every stack in its order",
    load: () => require("./deploy") as typeof import("./deploy"),
    failure: 1,
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
    load: () => require("./destroy") as typeof import("./destroy"),
    failure: 1,
    options: { "auto-approve": approve },
    examples: [["gatehouse destroy", "asks for each stack"]],
    handsOn: true,
  },
  diff: {
    usage: "diff",
    does: "shows what a deploy would change",
    load: () => require("./diff") as typeof import("./diff"),
    failure: 1,
    options: {},
    examples: [["gatehouse diff", "Terraform's plan of the mesh stack"]],
    handsOn: true,
  },
  synth: {
    usage: "synth",
    does: "checks the declaration and writes what a deploy would bring, to be read: cdktf.out/review",
    load: () => require("./synth") as typeof import("./synth"),
    failure: 1,
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
    load: () => require("./preflight") as typeof import("./preflight"),
    failure: 2,
    options: { json },
    examples: [["gatehouse preflight", "a table and every finding"]],
  },
  doctor: {
    usage: "doctor",
    does: "compares the live mesh with the declaration; changes nothing unless asked to",
    load: () => require("./doctor") as typeof import("./doctor"),
    failure: 2,
    options: {
      json,
      fix: { type: "boolean", alias: "mend", describe: "replace what Terraform can put right" }, // avoided word: the earlier name, which scripts use
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
    load: () => require("./trust") as typeof import("./trust"),
    failure: 2,
    options: { changed: { type: "boolean", describe: "the named keys are known to have changed" } },
    examples: [
      ["gatehouse trust", "asks for each key that is not known"],
      ["gatehouse trust worker1=SHA256:…", "without a terminal"],
    ],
  },
  secrets: {
    usage: "secrets [action]",
    does: "makes the keys, certificates and the first token of the mesh, or what of them is missing",
    load: () => require("./secrets") as typeof import("./secrets"),
    failure: 2,
    options: {
      new: { type: "boolean", describe: "new ones for a mesh that was deployed before: see docs/recovery.md" },
      "for-terraform-cloud": { type: "boolean", describe: "print what remote runs need: all but the authority's key" },
    },
    examples: [
      ["gatehouse secrets", "shows no value and writes over nothing"],
      ["gatehouse secrets recover", "the file is lost: read from the servers"],
    ],
  },
  rotate: {
    usage: "rotate [names..]",
    does: "new tokens in place of those in use, each instance rolled",
    load: () => require("./rotate") as typeof import("./rotate"),
    failure: 2,
    options: {
      all: { type: "boolean", describe: "every token" },
      certificates: { type: "boolean", describe: "certificates that `secrets` has renewed" },
      authority: { type: "boolean", describe: "the authority of the agents' certificates, in three steps" },
      "gossip-key": { type: "boolean", describe: "the key of Consul's gossip, in running agents" },
      "management-token": { type: "boolean", describe: "the token that may do everything" },
      "auto-approve": approve,
    },
    examples: [
      ["gatehouse rotate frontend", "of one service, gateway or node"],
      ["gatehouse rotate --authority", "no call fails meanwhile; run it again where it was interrupted"],
    ],
  },
  review: {
    usage: "review [base]",
    does: "tells what the declaration changes against another commit, as Markdown",
    load: () => require("./review") as typeof import("./review"),
    failure: 2,
    options: { limit: { type: "number", describe: "most characters of the text" } },
    examples: [["gatehouse review origin/main", "for a pull request's comment"]],
  },
  state: {
    usage: "state <action> [places..]",
    does: "moves the states to another backend, or makes a lost one again",
    load: () => require("./state") as typeof import("./state"),
    failure: 1,
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
    load: () => require("./env") as typeof import("./env"),
    failure: 1,
    options: {},
    examples: [['eval "$(npx gatehouse env)"', "then npx cdktf diff mesh works"]],
  },
  exec: {
    usage: "exec [command..]",
    does: "runs a command with the environment that `env` prints",
    load: () => require("./exec") as typeof import("./exec"),
    failure: 1,
    options: {},
    examples: [["gatehouse exec cdktf diff cluster", "cdktf's own commands, without changing the shell"]],
    handsOn: true,
  },
  lab: {
    usage: "lab [action] [words..]",
    does: "throw-away nodes: up, deploy and a request; or up, reset, ssh, down",
    load: () => require("./lab") as typeof import("./lab"),
    failure: 1,
    options: {},
    examples: [
      ["gatehouse lab", "nodes, the mesh deployed on them, a request through the gateway"],
      ["gatehouse lab ssh worker1 mesh status", "a command on a node"],
      ["gatehouse lab down", "all of it gone"],
    ],
    handsOn: true,
  },
};
