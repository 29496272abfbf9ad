/** Consul's HTTP API as a person or Terraform reaches it: with the mesh's token and certificates. */
import { readFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { authoritiesOf, readSecrets } from "../mesh-secrets";
import type { Mesh } from "../model";

/** The part of a mesh that says how its Consul is reached. */
export type Where = Pick<Mesh, "name" | "consul">;

export interface ApiAnswer {
  status: number;
  text: string;
}

/** Milliseconds for one answer. */
const TIMEOUT = 10_000;

/** The API's address with its scheme. */
export const apiUrl = ({ consul }: Where): string => `${consul.tls ? "https" : "http"}://${consul.address}`;

/** More of a request than its path. */
export interface Request {
  method?: "GET" | "PUT" | "POST" | "DELETE";
  /** Sent as JSON. */
  body?: object;
  /** @default the mesh's own, which may do everything */
  token?: string;
}

/**
 * Asks Consul.
 * @param path behind `/v1/`
 * @throws when there is no answer, with the reason
 */
export async function askApi(
  where: Where,
  path: string,
  timeout: number = TIMEOUT,
  { method = "GET", body, token: other }: Request = {},
): Promise<ApiAnswer> {
  const { token: own, ca, cert, key } = credentials(where);
  const token = other ?? own;
  const text = body && JSON.stringify(body);
  const request = where.consul.tls ? tlsRequest : plainRequest;
  return new Promise((done, reject) => {
    const options = {
      method,
      // Without a length, node sends the body of a DELETE in no form that Consul reads.
      headers: {
        ...(token && { "X-Consul-Token": token }),
        ...(text && { "Content-Length": Buffer.byteLength(text) }),
      },
      ...(where.consul.tls && { ca, cert, key }),
      signal: AbortSignal.timeout(timeout),
    };
    request(`${apiUrl(where)}/v1/${path}`, options, (answer) => {
      let said = "";
      answer.setEncoding("utf8").on("data", (part: string) => {
        said += part;
      });
      answer.on("end", () => done({ status: answer.statusCode ?? 0, text: said })).on("error", reject);
    })
      .on("error", reject)
      .end(text);
  });
}

/** `timeout` in milliseconds. @default as `askApi`, and nothing but the datacenter in the query */
interface Page {
  timeout?: number;
  query?: Record<string, string>;
}

/** A page of the mesh's datacenter. */
const askPage = (where: Where, path: string, { timeout, query = {} }: Page): Promise<ApiAnswer> =>
  askApi(where, `${path}?${new URLSearchParams({ dc: where.consul.datacenter, ...query })}`, timeout);

/**
 * Asks Consul for a page of the mesh's datacenter.
 * @throws when there is no answer, or one that is not 200
 */
export async function askJson<T>(where: Where, path: string, page: Page = {}): Promise<T> {
  const { status, text } = await askPage(where, path, page);
  if (status !== 200) throw new Error(`${path}: status ${status} ${text.slice(0, 200)}`);
  return JSON.parse(text) as T;
}

/**
 * As `askJson`, but undefined where the answer is not 200: Consul has no such page, or does not give it.
 * @throws when there is no answer
 */
// biome-ignore lint/suspicious/noExplicitAny: whatever Consul has there
export async function askIfThere(where: Where, path: string, page: Page = {}): Promise<any> {
  const { status, text } = await askPage(where, path, page);
  return status === 200 ? JSON.parse(text) : undefined;
}

/** Milliseconds that one of several addresses has to answer. */
const CHOICE_TIMEOUT = 3_000;

/** An address that was passed over, and why. */
export interface PassedOver {
  address: string;
  fault: string;
}

/**
 * The mesh with the first of its addresses at which Consul answers and knows a leader. Where none does it stays the first, and
 * a request to it fails with the reason.
 */
export async function atReachableConsul<Mesh extends Where>(
  mesh: Mesh,
): Promise<{ mesh: Mesh; passedOver: PassedOver[] }> {
  const passedOver: PassedOver[] = [];
  const { addresses } = mesh.consul;
  if (addresses.length < 2) return { mesh, passedOver };
  for (const address of addresses) {
    const there = { ...mesh, consul: { ...mesh.consul, address } };
    const fault = await leaderFault(there, CHOICE_TIMEOUT);
    if (fault === undefined) return { mesh: there, passedOver };
    passedOver.push({ address, fault });
  }
  return { mesh, passedOver: [] };
}

/**
 * Why Consul cannot be used at the mesh's address. Undefined when it answers there and knows a leader.
 * @param timeout in milliseconds
 */
export async function leaderFault(where: Where, timeout: number): Promise<string | undefined> {
  try {
    const { status, text } = await askApi(where, "status/leader", timeout);
    if (status !== 200) return `it answers ${status}`;
    return text.length > 2 ? undefined : "it knows no leader"; // the leader's address in quotation marks
  } catch (error) {
    return (error as Error).message || String((error as NodeJS.ErrnoException).code);
  }
}

/** For a person who waits. */
export const passedOverText = ({ address, fault }: PassedOver, next: string): string =>
  `Consul does not answer at ${address} (${fault}): going on with ${next}`;

interface Credentials {
  token?: string;
  ca?: string | string[];
  cert?: string;
  key?: string;
}

/** Terraform's: from the mesh's secrets, or, where Consul was there before, from Consul's own variables. */
function credentials({ name, consul }: Where): Credentials {
  if (consul.existing) return fromEnvironment(process.env);
  const secrets = readSecrets(name);
  const server = Object.values(secrets?.servers ?? {})[0];
  return { token: consul.acl ? secrets?.managementToken : undefined, ca: authoritiesOf(secrets), ...server };
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
