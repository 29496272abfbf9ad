/** Consul's HTTP API as a person or Terraform reaches it: with the mesh's token and certificates. */
import { readFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { readSecrets } from "../keys";
import type { Mesh } from "../model";

/** What of a mesh says how its Consul is reached. */
export type Where = Pick<Mesh, "name" | "consul">;

export interface ApiAnswer {
  status: number;
  text: string;
}

/** Milliseconds for one answer. */
const TIMEOUT = 10_000;

/** The API's address with its scheme. */
export const apiUrl = ({ consul }: Where): string => `${consul.tls ? "https" : "http"}://${consul.address}`;

/**
 * Asks Consul.
 * @param path behind `/v1/`
 * @throws when there is no answer, with the reason
 */
export async function askApi(
  where: Where,
  path: string,
  timeout: number = TIMEOUT,
  method: "GET" | "DELETE" = "GET",
): Promise<ApiAnswer> {
  const { token, ca, cert, key } = credentials(where);
  const request = where.consul.tls ? tlsRequest : plainRequest;
  return new Promise((done, reject) => {
    const options = {
      method,
      headers: token ? { "X-Consul-Token": token } : {},
      ...(where.consul.tls && { ca, cert, key }),
      signal: AbortSignal.timeout(timeout),
    };
    request(`${apiUrl(where)}/v1/${path}`, options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      answer.on("end", () => done({ status: answer.statusCode ?? 0, text })).on("error", reject);
    })
      .on("error", reject)
      .end();
  });
}

interface Credentials {
  token?: string;
  ca?: string;
  cert?: string;
  key?: string;
}

/** Terraform's: from the mesh's secrets, or, where Consul was there before, from Consul's own variables. */
function credentials({ name, consul }: Where): Credentials {
  if (consul.existing) return fromEnvironment(process.env);
  const secrets = readSecrets(name);
  const server = Object.values(secrets?.servers ?? {})[0];
  return { token: consul.acl ? secrets?.managementToken : undefined, ca: secrets?.ca?.cert, ...server };
}

function fromEnvironment(environment: NodeJS.ProcessEnv): Credentials {
  const file = (name: string) => (environment[name] ? readFileSync(environment[name], "utf8") : undefined);
  return {
    token: environment.CONSUL_HTTP_TOKEN || file("CONSUL_HTTP_TOKEN_FILE")?.trim(),
    ca: file("CONSUL_CACERT"),
    cert: file("CONSUL_CLIENT_CERT"),
    key: file("CONSUL_CLIENT_KEY"),
  };
}
