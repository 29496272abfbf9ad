/** The answers of a Terraform Cloud compatible server, as far as Gatehouse asks it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TOKEN = "token-of-the-test";

export class FakeCloud {
  readonly folder = mkdtempSync(join(tmpdir(), "gatehouse-cloud-"));
  /** The status of each run by its id. */
  readonly runs: Record<string, string> = {};
  /** The run that occupies a workspace, by the workspace's name. */
  readonly current: Record<string, string> = {};
  hostname = "";
  private server: Server | undefined;

  async start(): Promise<void> {
    const [key, cert] = [join(this.folder, "key.pem"), join(this.folder, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    execFileSync("openssl", ["req", ...kind, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
    this.server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
      const known = request.headers.authorization === `Bearer ${TOKEN}` ? this.answer(request.url ?? "") : undefined;
      response.statusCode = known ? 200 : 404;
      response.end(JSON.stringify(known ? { data: known } : { errors: [{ status: "404" }] }));
    });
    await new Promise<void>((done) => this.server?.listen(0, "localhost", done));
    this.hostname = `localhost:${(this.server.address() as AddressInfo).port}`;
    writeFileSync(
      join(this.folder, "tfrc"),
      `credentials "${this.hostname}" {\n  token = "${TOKEN}"\n}\nprovider_installation {\n  direct {}\n}\n`,
    );
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Settings with which Gatehouse uses this server. */
  environment(): Record<string, string> {
    return {
      TF_CLI_CONFIG_FILE: join(this.folder, "tfrc"),
      SSL_CERT_FILE: join(this.folder, "cert.pem"),
      GATEHOUSE_BACKEND: "cloud",
    };
  }

  /** Terraform's message when it has started a run. */
  says(run: string): string {
    return `To view this run in a browser, visit:\nhttps://${this.hostname}/app/shop/shop-mesh/runs/${run}`;
  }

  private answer(url: string): object | undefined {
    const [, workspace] = /\/organizations\/shop\/workspaces\/([^/]+)$/.exec(url) ?? [];
    if (workspace) {
      const id = this.current[workspace];
      return { id: "ws-1", attributes: {}, relationships: { "current-run": { data: id ? { id } : null } } };
    }
    const [, run = ""] = /\/runs\/(run-\w+)$/.exec(url) ?? [];
    const status = this.runs[run];
    if (!status) return undefined;
    return { id: run, attributes: { status, message: "by hand", actions: { "is-confirmable": status === "planned" } } };
  }
}
