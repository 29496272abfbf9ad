/**
 * The changes as a Markdown text for a pull request's comment. Whatever a declaration says is a code span or in a fence: the
 * comment is written in the name of who runs this, and holds no mention, link or HTML of another's. Pure.
 */
import type { Changes } from "./compare";
import { fileDiff } from "./file-diff";
import { placesOf } from "./places";
import type { Workload } from "./rendered";
import { ticks, word, wordList } from "./ticks";
import { veiledWords } from "./veil";

/** GitHub takes 65,536 characters in a comment; some are left for what others put around it. */
export const LIMIT = 65_000;

/** How many names a list has at most. */
const LONGEST_LIST = 50;

export interface Sides {
  /** The commit before the change, as a person names it: "main (1a2b3c4)". */
  from: string;
  /** The commit with the change. */
  to: string;
}

/** @param limit in characters; diffs are left out first, the largest before the others, then lists are cut */
export function markdown(changes: Changes, sides: Sides, limit: number = LIMIT): string {
  const head = [`## Mesh ${ticks(changes.name)}`, "", `${summary(changes)} Compared: ${sides.from} → ${sides.to}.`, ""];
  const body = veiledWords([...head, ...sections(changes)].join("\n"));
  const diffs = changes.files.map(fileDiff).map(({ text, short }) => ({
    text: veiledWords(text),
    short: veiledWords(short),
  }));
  for (const diff of [...diffs].sort((a, b) => b.text.length - a.text.length)) {
    if (body.length + total(diffs) <= limit) break;
    diff.text = diff.short;
  }
  const title = diffs.length > 0 ? "\n### Files on the nodes\n\n" : "";
  const text = `${body}${title}${diffs.map(({ text }) => text).join("\n")}\n`;
  return text.length <= limit ? text : cut(text, limit);
}

const total = (diffs: { text: string }[]) => diffs.reduce((sum, { text }) => sum + text.length + 1, 30);

/** At the end of a line, so that no piece of Markdown is left open. Blocks with fences are whole or short by then. */
function cut(text: string, limit: number): string {
  const note = "\n\n… The rest does not fit into a comment: `npm run review` prints it.\n";
  return text.slice(0, text.lastIndexOf("\n", limit - note.length)) + note;
}

function summary({ added, removed, changed, restarts, routes, edges, entries, files, nodes }: Changes): string {
  const outages = restarts.filter(({ outage }) => outage).length;
  const parts = [
    count(added.length, "added"),
    count(changed.length, "changed"),
    count(removed.length, "removed"),
    restarts.length > 0 && `${restarts.length} instance${restarts.length === 1 ? "" : "s"} restarted`,
    outages > 0 && `**${outages} outage${outages === 1 ? "" : "s"}**`,
    routes.opened.length + routes.closed.length > 0 && "routes change",
    edges.opened.length + edges.closed.length + edges.narrowed.length > 0 && "allowed calls change",
  ].filter((part) => part !== false && part !== "");
  if (parts.length > 0) return `${parts.join(", ")}.`;
  const nothing = files.length + nodes.length + total0(entries) === 0;
  return nothing ? "Nothing changes on any node." : "No service, route or permission changes.";
}

const total0 = (lists: Record<string, string[]>) => Object.values(lists).flat().length;
const count = (number: number, what: string) => number > 0 && `${number} ${what}`;

function sections(changes: Changes): string[] {
  const { added, removed, changed, nodes, routes, edges, entries, agents, unknownBinaries } = changes;
  const kind = (one: string) => (one === "service" ? "" : "gateway ");
  return [
    ...list("Services and gateways", [
      ...added.map(
        ({ name, workload }) =>
          `${kind(workload.kind)}${ticks(name)} is **new**, on ${placesOf(workload)}${said(workload)}`,
      ),
      ...changed.map((one) => `${kind(one.kind)}${ticks(one.name)} changes: ${one.what.join(", ")}`),
      ...removed.map(
        ({ name, workload }) => `${kind(workload.kind)}${ticks(name)} is **removed** from ${placesOf(workload)}`,
      ),
    ]),
    ...restartSection(changes),
    ...list("Routes", [
      ...routes.opened.map((route) => `new: ${ticks(route)}`),
      ...routes.closed.map((route) => `gone: ${ticks(route)}`),
    ]),
    ...list("Allowed calls", [
      ...edges.opened.map((edge) => `${call(edge)[0]} **may now** call ${call(edge)[1]}`),
      ...edges.closed.map((edge) => `${call(edge)[0]} may **no longer** call ${call(edge)[1]}`),
      ...edges.narrowed.map((edge) => `what ${call(edge)[0]} may ask of ${call(edge)[1]} changes`),
    ]),
    ...list("Other config entries", [
      ...entries.added.map((key) => `new: ${ticks(key)}`),
      ...entries.changed.map((key) => `changed: ${ticks(key)}`),
      ...entries.removed.map((key) => `gone: ${ticks(key)}`),
    ]),
    ...list("Nodes", [
      ...nodes,
      ...(agents.length > 0 ? [`Consul's agent restarts on ${wordList(agents)}; traffic goes on meanwhile`] : []),
    ]),
    ...(unknownBinaries.length > 0
      ? [
          `Not compared, since what is built is not in git: the binary of ${unknownBinaries.map(ticks).join(", ")}. ` +
            "Where it changes, its instances restart.",
          "",
        ]
      : []),
  ];
}

const said = ({ content }: Workload): string => (content === undefined ? "" : ` (${ticks(content)})`);

function call(edge: string): [string, string] {
  const [caller = "", called = ""] = edge.split(" -> ");
  const said = (name: string) => (name === "*" ? "everyone" : ticks(name));
  return [said(caller), said(called)];
}

function restartSection({ restarts, reloads, signals, added }: Changes): string[] {
  const starts = added.length > 0 ? "Nothing that runs now is restarted." : "Nothing is restarted.";
  const lines =
    restarts.length === 0
      ? [starts]
      : [
          "| instance | restarts | outage |",
          "|---|---|---|",
          ...restarts
            .slice(0, LONGEST_LIST)
            .map(({ workload, node, units, outage, instances }) =>
              [
                `| ${ticks(workload)} on ${word(node)}`,
                units.map(ticks).join(", "),
                `${outage ? "**yes**: it is the only one" : `no: ${instances} instances, one after another`} |`,
              ].join(" | "),
            ),
          ...(restarts.length > LONGEST_LIST ? [`\n… and ${restarts.length - LONGEST_LIST} more`] : []),
        ];
  const told = reloads.map(({ workload, node }) => `${ticks(workload)} on ${word(node)}`);
  const reload =
    told.length > 0 ? ["", `Without a restart, Consul reads the definition of ${shortened(told)} again.`] : [];
  const asked = signals.map(({ workload, node, signal }) => `${ticks(workload)} on ${word(node)} (${word(signal)})`);
  const signalled =
    asked.length > 0
      ? ["", `Without a restart, these are sent a signal to read their configuration: ${shortened(asked)}.`]
      : [];
  return ["### Restarts", "", ...lines, ...reload, ...signalled, ""];
}

function list(title: string, items: string[]): string[] {
  if (items.length === 0) return [];
  const more = items.length > LONGEST_LIST ? [`- … and ${items.length - LONGEST_LIST} more`] : [];
  return [`### ${title}`, "", ...items.slice(0, LONGEST_LIST).map((item) => `- ${item}`), ...more, ""];
}

function shortened(items: string[]): string {
  const more = items.length > LONGEST_LIST ? ` and ${items.length - LONGEST_LIST} more` : "";
  return items.slice(0, LONGEST_LIST).join(", ") + more;
}
