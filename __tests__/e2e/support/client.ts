/** A client of a mesh with several gateways, as a good client is: it keeps its connections and knows every address. */
import { Agent, get } from "node:http";
import type { Load } from "./load";

const RATE = 200; // requests a second
const CONNECTIONS = 8;
const TIMEOUT = 5000; // milliseconds

export interface ClientLoad<T> {
  load: Load;
  result: T;
  /** Requests that went to the next gateway, since their connection was refused. */
  refused: number;
  /** Requests that went to the next gateway, since their connection was closed before an answer. */
  cut: number;
}

/**
 * Sends 200 requests a second to the gateways in turn while `change` runs, and a second before and after. A request
 * whose connection is refused, or closed before an answer came, goes to the next gateway once.
 * @param urls of the gateways
 */
export async function underClientLoad<T>(urls: string[], change: () => Promise<T>): Promise<ClientLoad<T>> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const load: Load = { sent: 0, failed: 0, codes: {} };
  const lost = { refused: 0, cut: 0 };
  const send = async () => {
    const first = urls[load.sent++ % urls.length] as string;
    const other = urls[(urls.indexOf(first) + 1) % urls.length] as string;
    const code = await ask(first, agent).catch((error: NodeJS.ErrnoException) => {
      lost[error.code === "ECONNREFUSED" ? "refused" : "cut"]++;
      return ask(other, agent).catch(() => -1);
    });
    load.codes[code] = (load.codes[code] ?? 0) + 1;
    if (code !== 200) load.failed++;
  };
  const running: Promise<void>[] = [];
  const timer = setInterval(() => running.push(send()), 1000 / RATE);
  try {
    await pause(1000);
    const result = await change();
    await pause(1000);
    return { load, result, ...lost };
  } finally {
    clearInterval(timer);
    await Promise.all(running);
    agent.destroy();
  }
}

/** The status of the answer. Rejects when there is none. */
function ask(url: string, agent: Agent): Promise<number> {
  return new Promise((done, reject) => {
    const request = get(url, { agent, timeout: TIMEOUT }, (answer) => {
      answer.resume().on("end", () => done(answer.statusCode ?? -1));
      answer.on("error", reject);
    });
    request.on("error", reject).on("timeout", () => request.destroy(new Error("no answer in time")));
  });
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
