/**
 * A Terraform Cloud compatible server, through its documented API
 * (https://developer.hashicorp.com/terraform/cloud-docs/api-docs): what a person would do in its web interface.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { rootCertificates } from "node:tls";

export interface Server {
  hostname: string;
  organization: string;
  token: string;
}

/** The server that the environment names, or what is missing. */
export function serverFrom(environment: NodeJS.ProcessEnv): Server | { missing: string } {
  const hostname = environment.GATEHOUSE_TFE_HOSTNAME || environment.TF_CLOUD_HOSTNAME;
  if (!hostname) return { missing: "GATEHOUSE_TFE_HOSTNAME" };
  const organization = environment.GATEHOUSE_TFE_ORGANIZATION || environment.TF_CLOUD_ORGANIZATION;
  if (!organization) return { missing: "GATEHOUSE_TFE_ORGANIZATION" };
  const variable = `TF_TOKEN_${hostname.replace(/:.*/, "").replaceAll("-", "__").replaceAll(".", "_")}`;
  const token = environment.GATEHOUSE_TFE_TOKEN || environment[variable];
  return token ? { hostname, organization, token } : { missing: `GATEHOUSE_TFE_TOKEN or ${variable}` };
}

/** A file for TF_CLI_CONFIG_FILE with the token, in addition to the person's own settings: TF_TOKEN_* knows no ports. */
export function writeCredentials({ hostname, token }: Server): { file: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-tfe-"));
  const theirs = process.env.TF_CLI_CONFIG_FILE || join(homedir(), ".terraformrc");
  const text = existsSync(theirs) ? readFileSync(theirs, "utf8") : "";
  const known = text.includes(`credentials "${hostname}"`);
  const ours = known ? "" : `credentials "${hostname}" {\n  token = ${JSON.stringify(token)}\n}\n`;
  writeFileSync(join(folder, "tfrc"), ours + text, { mode: 0o600 });
  return { file: join(folder, "tfrc"), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface Run {
  id: string;
  status: string;
  confirmable: boolean;
}

interface Item {
  id: string;
  attributes: Record<string, unknown>;
  relationships?: Record<string, { data: { id: string } }>;
}

export class Tfe {
  constructor(private readonly server: Server) {}

  /** Makes a workspace in which a person confirms each plan, and returns its id. */
  async createWorkspace(name: string, terraformVersion: string): Promise<string> {
    const attributes = {
      name,
      "auto-apply": false,
      "execution-mode": "remote",
      "terraform-version": terraformVersion,
    };
    const path = `/organizations/${this.server.organization}/workspaces`;
    return (await this.call<Item>("POST", path, { type: "workspaces", attributes })).id;
  }

  async deleteWorkspace(name: string): Promise<void> {
    await this.call("DELETE", `/organizations/${this.server.organization}/workspaces/${name}`);
  }

  /** A sensitive Terraform variable. */
  async setVariable(workspace: string, key: string, value: string): Promise<void> {
    const attributes = { key, value, category: "terraform", hcl: false, sensitive: true };
    await this.call("POST", `/workspaces/${workspace}/vars`, { type: "vars", attributes });
  }

  /** The newest run of a workspace. */
  async lastRun(workspace: string): Promise<Run | undefined> {
    const [run] = await this.call<Item[]>("GET", `/workspaces/${workspace}/runs?page%5Bsize%5D=1`);
    if (!run) return undefined;
    const actions = run.attributes.actions as Record<string, boolean> | undefined;
    return {
      id: run.id,
      status: String(run.attributes.status),
      confirmable: actions?.["is-confirmable"] ?? run.attributes.status === "planned",
    };
  }

  /** Waits until the newest run, other than `before`, waits for a person. */
  async waitingRun(workspace: string, before: string | undefined, seconds = 180): Promise<Run> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const run = await this.lastRun(workspace);
      if (run && run.id !== before && run.confirmable) return run;
      if (Date.now() > end) throw new Error(`no run of ${workspace} waits for a person: ${JSON.stringify(run)}`);
      await sleep(500);
    }
  }

  /** Confirms as a person does who has read the plan. */
  async confirm(run: string): Promise<void> {
    await this.call("POST", `/runs/${run}/actions/apply`, undefined, { comment: "read and confirmed" });
  }

  /** Resources in the state, as the server keeps it; the text of the state as well. */
  async state(workspace: string): Promise<string> {
    const { attributes } = await this.call<Item>("GET", `/workspaces/${workspace}/current-state-version`);
    const url = String(attributes["hosted-state-download-url"]);
    return this.send("GET", url.startsWith("https:") ? url : `https://${this.server.hostname}${url}`);
  }

  /** The archive that was uploaded for the newest run. */
  async uploaded(workspace: string): Promise<Buffer> {
    const { id } = (await this.lastRun(workspace)) ?? {};
    const run = await this.call<Item>("GET", `/runs/${id}`);
    const version = run.relationships?.["configuration-version"]?.data.id;
    return this.sendRaw("GET", `https://${this.server.hostname}/api/v2/configuration-versions/${version}/download`);
  }

  private async call<T>(method: string, path: string, data?: object, plain?: object): Promise<T> {
    const body = data ? JSON.stringify({ data }) : plain && JSON.stringify(plain);
    const text = await this.send(method, `https://${this.server.hostname}/api/v2${path}`, body);
    return (text.trim() === "" ? undefined : (JSON.parse(text) as { data: T } | null)?.data) as T;
  }

  private async send(method: string, url: string, body?: string): Promise<string> {
    return (await this.sendRaw(method, url, body)).toString();
  }

  /** Follows redirects; the token goes to the server alone. */
  private sendRaw(method: string, url: string, body?: string): Promise<Buffer> {
    const own = process.env.SSL_CERT_FILE; // as Terraform does
    const ca = own ? [...rootCertificates, readFileSync(own, "utf8")] : undefined;
    const ours = new URL(url).host === this.server.hostname;
    const headers = {
      "Content-Type": "application/vnd.api+json",
      ...(ours && { Authorization: `Bearer ${this.server.token}` }),
      ...(body !== undefined && { "Content-Length": String(Buffer.byteLength(body)) }),
    };
    return new Promise((done, reject) => {
      const sent = request(url, { method, headers, ca }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => {
          const { statusCode = 0, headers: answered } = response;
          const answer = Buffer.concat(parts);
          if (statusCode >= 300 && statusCode < 400 && answered.location) {
            this.sendRaw("GET", new URL(answered.location, url).href).then(done, reject);
          } else if (statusCode >= 200 && statusCode < 300) done(answer);
          else reject(new Error(`${method} ${url}: ${statusCode} ${answer.toString().slice(0, 500)}`));
        });
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }
}
