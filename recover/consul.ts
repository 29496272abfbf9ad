/** Reads from Consul what a lost state would have known, and removes what no state knows. */
import { apiUrl, askApi, type Where } from "../nodes";
import type { InConsul } from "./imports";

const PATIENCE = 30_000;

/** @param kinds of config entries that are asked for */
export async function readConsul(where: Where, kinds: string[]): Promise<InConsul> {
  const { acl } = where.consul;
  const [tokens, policies, ...entries] = await Promise.all([
    acl ? list<InConsul["tokens"][0]>(where, "acl/tokens") : [],
    acl ? list<InConsul["policies"][0]>(where, "acl/policies") : [],
    ...kinds.map((kind) => list<InConsul["entries"][0]>(where, `config/${kind}`)),
  ]);
  return { tokens, policies, entries: entries.flat() };
}

async function list<Item>(where: Where, path: string): Promise<Item[]> {
  const { status, text } = await askApi(where, path, PATIENCE).catch((error: Error) => ({
    status: 0,
    text: error.message,
  }));
  if (status === 200) return JSON.parse(text) as Item[];
  throw new Error(
    `${apiUrl(where)}/v1/${path}: ${status || "no answer"}: ${text}. The state is made from what Consul has, so Consul must answer: npm run preflight says more.`,
  );
}

/** @returns what could not be removed, with the reason */
export async function removeLeftOver(
  where: Where,
  { tokens, policies }: Pick<InConsul, "tokens" | "policies">,
): Promise<string[]> {
  const faults: string[] = [];
  // Tokens first: they name policies.
  const paths = [
    ...tokens.map(({ AccessorID }) => `acl/token/${AccessorID}`),
    ...policies.map(({ ID }) => `acl/policy/${ID}`),
  ];
  for (const path of paths) {
    const { status, text } = await askApi(where, path, PATIENCE, { method: "DELETE" });
    if (status !== 200) faults.push(`${path}: ${status} ${text}`);
  }
  return faults;
}
