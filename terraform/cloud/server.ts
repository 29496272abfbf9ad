/** A Terraform Cloud compatible server, asked through its documented API. */
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:https";
import { rootCertificates } from "node:tls";
import { tokenFor } from "./credentials";
import type { Workspace } from "./run";

export interface RunInfo {
  id: string;
  status: string;
  /** Whether its plan waits for a person's yes. */
  confirmable: boolean;
  message: string;
}

interface Item {
  id: string;
  attributes: Record<string, unknown>;
  relationships?: Record<string, { data?: { id: string } | null }>;
}

/** Runs after which a workspace is free. */
const FINAL = [
  "applied",
  "planned_and_finished",
  "planned_and_saved",
  "errored",
  "canceled",
  "force_canceled",
  "discarded",
];

/** Milliseconds that an answer may take. */
const LIMIT = 10_000;

/** The server's answers about one workspace. Where it does not answer nothing is known, and no run fails for that. */
export class Server {
  private constructor(
    private readonly workspace: Workspace,
    private readonly token: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Undefined where there is no token that can be read. */
  static of(workspace: Workspace, env: NodeJS.ProcessEnv): Server | undefined {
    const token = tokenFor(workspace.hostname, env);
    return token === undefined ? undefined : new Server(workspace, token, env);
  }

  async run(id: string): Promise<RunInfo | undefined> {
    const item = await this.get(`/runs/${id}`);
    return item && infoOf(item);
  }

  /** The run that keeps the workspace from beginning another one. */
  async unfinishedRun(except?: string): Promise<RunInfo | undefined> {
    const { organization, name } = this.workspace;
    const found = await this.get(`/organizations/${organization}/workspaces/${name}`);
    const current = found?.relationships?.["current-run"]?.data?.id;
    const run = current === undefined || current === except ? undefined : await this.run(current);
    return run && !FINAL.includes(run.status) ? run : undefined;
  }

  private async get(path: string): Promise<Item | undefined> {
    try {
      return (JSON.parse(await this.text(path)) as { data: Item }).data;
    } catch {
      return undefined;
    }
  }

  private text(path: string): Promise<string> {
    const file = this.env.SSL_CERT_FILE; // as Go programs, Terraform among them, read it
    const ca = file && existsSync(file) ? [...rootCertificates, readFileSync(file, "utf8")] : undefined;
    const headers = { Authorization: `Bearer ${this.token}` };
    const url = `https://${this.workspace.hostname}/api/v2${path}`;
    return new Promise((done, reject) => {
      const asked = request(url, { headers, ca, signal: AbortSignal.timeout(LIMIT) }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode === 200) done(Buffer.concat(parts).toString());
          else reject(new Error(`${path}: ${response.statusCode}`));
        });
      });
      asked.on("error", reject).end();
    });
  }
}

function infoOf({ id, attributes }: Item): RunInfo {
  const status = String(attributes.status);
  const actions = attributes.actions as Record<string, boolean> | undefined;
  const confirmable = actions?.["is-confirmable"] ?? ["planned", "cost_estimated", "policy_checked"].includes(status);
  return { id, status, confirmable, message: String(attributes.message ?? "") };
}
