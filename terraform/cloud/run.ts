/**
 * A run on Terraform Cloud or a compatible server. Terraform here only starts and watches it, and ends with 0 when it was
 * cancelled, or when it waited too long behind another run. So the run itself is asked how it ended.
 */
import { stripVTControlCharacters } from "node:util";
import { ExitCode } from "../ended";
import type { Synthesized } from "../stack";
import { type RunInfo, Server } from "./server";

/** A workspace, as cdk.tf.json names it. */
export interface Workspace {
  hostname: string;
  organization: string;
  name: string;
}

/** How long Terraform waits behind another run of the workspace, unless a person says otherwise. */
const WAIT = "-lock-timeout=2m";

/** Undefined where Terraform runs here. */
export function cloudOf({ terraform }: Synthesized): Workspace | undefined {
  const block = terraform.cloud ?? terraform.backend?.remote;
  if (!block) return undefined;
  const { hostname, organization, workspaces } = block as {
    hostname?: string;
    organization: string;
    workspaces: { name: string };
  };
  return { hostname: hostname ?? "app.terraform.io", organization, name: workspaces.name };
}

/** Runs Terraform with more arguments, and has what it prints copied. */
type Start = (more: string[], onOutput: (text: string) => void) => Promise<number>;

/**
 * @param args that Terraform gets anyway
 * @returns 0 only when the run has applied its plan, or had nothing to do
 */
export async function runInCloud(
  workspace: Workspace,
  args: string[],
  start: Start,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const server = Server.of(workspace, env);
  const before = await server?.unfinishedRun();
  if (before) console.error(inTheWay(workspace, before));
  let printed = "";
  const code = await start(args.some((arg) => /^--?lock/.test(arg)) ? [] : [WAIT], (text) => {
    printed += text;
  });
  printed = stripVTControlCharacters(printed);
  const id = /\/runs\/(run-[A-Za-z0-9]+)/.exec(printed)?.[1];
  const run = id === undefined ? undefined : await server?.run(id);
  const ended = outcome({ code, printed, status: run?.status });
  if (ended === "done") return 0;
  if (ended === "failed") return code || 1;
  const blocking = waited(printed) || before ? ((await server?.unfinishedRun(id)) ?? before) : undefined;
  console.error(notApplied(workspace, id, run?.status));
  if (!blocking && !waited(printed)) return ExitCode.cancelled;
  console.error(
    blocking ? inTheWay(workspace, blocking) : `Another run of ${workspace.name} is in the way: ${page(workspace)}`,
  );
  return ExitCode.occupied;
}

const DONE = ["applied", "planned_and_finished"];
const STOPPED = ["canceled", "force_canceled", "discarded"];

/** How a run ended: by its own status, or where the server cannot be asked by what Terraform printed. */
export function outcome(run: { code: number; printed: string; status?: string }): "done" | "failed" | "stopped" {
  const { code, printed, status } = run;
  if (status !== undefined) {
    if (DONE.includes(status)) return "done";
    if (STOPPED.includes(status)) return "stopped";
    return code === 0 && status !== "errored" ? "stopped" : "failed";
  }
  if (/(Apply|Destroy) complete!|No changes\./.test(printed)) return code === 0 ? "done" : "failed";
  return code === 0 ? "stopped" : "failed";
}

const waited = (printed: string): boolean =>
  /lock timeout exceeded|waiting for \d+ run\(s\)|waiting for the manually locked workspace/i.test(printed);

const page = ({ hostname, organization, name }: Workspace): string =>
  `https://${hostname}/app/${organization}/workspaces/${name}/runs`;

function notApplied(workspace: Workspace, id: string | undefined, status: string | undefined): string {
  const run = id === undefined ? "No run" : `Run ${id}`;
  const ended = status === undefined ? "did not say that it was applied" : `ended as "${status}"`;
  return `${run} of workspace ${workspace.name} ${ended}: the stack is not deployed, and no stack after it was begun.`;
}

function inTheWay(workspace: Workspace, { id, status, confirmable, message }: RunInfo): string {
  const what = message ? ` (${JSON.stringify(message)})` : "";
  const does = confirmable ? "waits for a person to confirm or discard its plan" : `is not finished (${status})`;
  return [
    `Run ${id}${what} of workspace ${workspace.name} ${does}, and this one has to wait for it.`,
    `  ${page(workspace)}/${id}`,
    confirmable
      ? "  Confirm & Apply or Discard Run there, or with the API: docs/remote-runs.md#an-unconfirmed-run"
      : "  Wait until it has ended, or cancel it there.",
  ].join("\n");
}
