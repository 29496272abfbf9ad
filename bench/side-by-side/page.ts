/** docs/performance.md: the tables, the plot, what was measured with, and what was found out (`findings.md`). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Synth } from "./scale";
import { type Timing, WORKS, type Work } from "./work";

/** Everything that was measured in one run. */
export interface Measured {
  /** The programs and the host of the measurements, one line each. */
  versions: string[];
  times: number;
  timings: Timing[];
  synths: Synth[];
  plans: { services: number; seconds: number }[];
}

const TITLES: Record<Work, string> = {
  deploy: "First deploy, on machines whose agents run",
  nothing: "Nothing to change",
  change: "One service's setting changed",
  add: "One service added",
};

export function page({ versions, times, timings, synths, plans }: Measured): string {
  const sizes = [...new Set(timings.map(({ services }) => services))];
  return [
    "# Performance",
    "",
    `Made by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: three tools do the same work on the same machines of the lab,`,
    `in turns, ${times} times each; the figures are medians in seconds, from the start of the command to its end. The playbook is`,
    "what a team would write with Ansible; the limit is one ssh stream and one script a machine, all at once, which no tool",
    "over ssh can beat by much. Every tool's definitions have Consul look at a sidecar each second.",
    "",
    ...versions.map((version) => `* ${version}`),
    ...WORKS.flatMap((work) => ["", `## ${TITLES[work]}`, "", ...table(timings, work, sizes)]),
    "",
    ...plot(timings, sizes),
    "",
    "## Synth and plan alone",
    "",
    "| services | synth, s | peak memory, MiB | cdk.tf.json, MiB | first plan, s |",
    "|--:|--:|--:|--:|--:|",
    ...synths.map(({ services, seconds, peak, size }) => {
      const planned = plans.find((plan) => plan.services === services);
      const cells = [services, seconds.toFixed(2), peak.toFixed(0), size.toFixed(2), planned?.seconds.toFixed(1) ?? ""];
      return `| ${cells.join(" | ")} |`;
    }),
    "",
    readFileSync(join(__dirname, "findings.md"), "utf8"),
  ].join("\n");
}

function table(timings: Timing[], work: Work, sizes: number[]): string[] {
  const loaded = work === "change" || work === "add";
  return [
    `| services | Gatehouse | playbook | limit | to the playbook | to the limit |${loaded ? " failed requests (Gatehouse, playbook, limit) |" : ""}`,
    `|--:|--:|--:|--:|--:|--:|${loaded ? "---|" : ""}`,
    ...sizes.map((services) => {
      const [ours, playbook, limit] = ["Gatehouse", "playbook", "limit"].map((tool) =>
        of(timings, work, services, tool),
      );
      if (!ours || !playbook || !limit) return `| ${services} | | | | | |`;
      const seconds = [ours, playbook, limit].map((some) => median(some.map((one) => one.seconds)));
      const [a = 0, b = 0, c = 0] = seconds;
      const ratios = [a / b, a / c].map((ratio) => `${ratio.toFixed(2)}x`);
      const failed = [ours, playbook, limit].map((some) => some.map((one) => one.failed ?? 0).join("/")).join(", ");
      const cells = [services, ...seconds.map((value) => value.toFixed(1)), ...ratios, ...(loaded ? [failed] : [])];
      return `| ${cells.join(" | ")} |`;
    }),
  ];
}

function plot(timings: Timing[], sizes: number[]): string[] {
  const line = (tool: string) =>
    `  line "${tool}" [${sizes.map((services) => median(of(timings, "deploy", services, tool).map((one) => one.seconds)).toFixed(1)).join(", ")}]`;
  return [
    "The first deploy by the number of services: Gatehouse, the playbook, the limit.",
    "",
    "```mermaid",
    "xychart-beta",
    `  x-axis "services" [${sizes.join(", ")}]`,
    '  y-axis "seconds"',
    ...["Gatehouse", "playbook", "limit"].map(line),
    "```",
  ];
}

const of = (timings: Timing[], work: Work, services: number, tool: string): Timing[] =>
  timings.filter((one) => one.work === work && one.services === services && one.tool === tool);

/** The value in the middle, the lower of two; NaN without values. */
export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
