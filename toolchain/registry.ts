import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import { cacheRoot, writeWhole } from "./cache";

const HOST = "registry.terraform.io"; // part of every provider's address
const LIMIT_MS = 3_000;
const REMEMBER_MS = { yes: 10 * 60_000, no: 2 * 60_000 };

/** Whether Terraform's registry answers from here. Asked at most every few minutes. */
export async function registryAnswers(): Promise<boolean> {
  const file = join(cacheRoot(), "registry-answer.json");
  const known = remembered(file);
  if (known !== undefined) return known;
  const answers = await ask();
  writeWhole(file, JSON.stringify({ answers, at: Date.now() }));
  return answers;
}

function remembered(file: string): boolean | undefined {
  try {
    const { answers, at } = JSON.parse(readFileSync(file, "utf8")) as { answers: boolean; at: number };
    return Date.now() - at < (answers ? REMEMBER_MS.yes : REMEMBER_MS.no) ? answers : undefined;
  } catch {
    return undefined; // never asked, or not readable
  }
}

/** Asks for the discovery document that Terraform itself begins with. */
async function ask(): Promise<boolean> {
  const deadline = AbortSignal.timeout(LIMIT_MS);
  try {
    const text = await get("/.well-known/terraform.json", await tunnel(deadline), deadline);
    return "providers.v1" in JSON.parse(text);
  } catch {
    return false;
  }
}

function get(path: string, through: Duplex | undefined, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const createConnection = through && (() => tlsConnect({ socket: through, servername: HOST }));
    const request = httpsRequest(
      { host: HOST, path, signal, ...(createConnection && { createConnection }) },
      (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => resolve(Buffer.concat(parts).toString()));
        response.on("error", reject);
      },
    );
    request.on("error", reject).end();
  });
}

/** A connection through the proxy that Terraform would use, if one is set. */
function tunnel(signal: AbortSignal): Promise<Duplex | undefined> {
  const proxy = process.env.HTTPS_PROXY || process.env.https_proxy;
  if (!proxy) return Promise.resolve(undefined);
  const { hostname, port, username, password } = new URL(proxy);
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  const headers = username ? { "Proxy-Authorization": `Basic ${login}` } : {};
  const options = { host: hostname, port: port || 80, method: "CONNECT", path: `${HOST}:443`, headers, signal };
  return new Promise((resolve, reject) => {
    const request = httpRequest(options);
    request.on("connect", (response, socket) => {
      if (response.statusCode === 200) resolve(socket);
      else reject(new Error(`the proxy answered ${response.statusCode}`));
    });
    request.on("error", reject).end();
  });
}
