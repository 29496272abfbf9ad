/** Changes to a running Consul for which there is no Terraform resource: its gossip keys and its management token. */
import { type ApiAnswer, askApi, type Where } from "./consul-api";

/** Milliseconds: every agent has to answer. */
const KEYRING_TIMEOUT = 60_000;

/** `add` has every agent know the key, `use` has them encrypt with it, `remove` has them forget it. */
export async function changeKeyring(where: Where, change: "add" | "use" | "remove", key: string): Promise<void> {
  const method = { add: "POST", use: "PUT", remove: "DELETE" } as const;
  const answer = await askApi(where, "operator/keyring", KEYRING_TIMEOUT, {
    method: method[change],
    body: { Key: key },
  });
  refuse(answer, `no key was ${change === "use" ? "used" : `${change.replace(/e$/, "")}ed`}`);
}

/** Makes a second token that may do everything. One that is there already stays. */
export async function makeManagementToken(where: Where, mesh: string, secret: string, by: string): Promise<void> {
  if ((await askApi(where, "acl/token/self", undefined, { token: secret })).status === 200) return;
  const answer = await askApi(where, "acl/token", undefined, {
    ...{ method: "PUT", token: by },
    body: {
      SecretID: secret,
      Description: `Gatehouse, mesh ${mesh}: management`,
      Policies: [{ Name: "global-management" }],
    },
  });
  refuse(answer, "the new management token was not made");
}

/** Ends a token. One that is gone already is no error. */
export async function endToken(where: Where, secret: string): Promise<void> {
  const self = await askApi(where, "acl/token/self", undefined, { token: secret });
  if (self.status === 403 || self.status === 404) return;
  refuse(self, "the earlier management token was not found");
  const { AccessorID } = JSON.parse(self.text) as { AccessorID: string };
  refuse(await askApi(where, `acl/token/${AccessorID}`, undefined, { method: "DELETE" }), "it was not ended");
}

/** No key and no token is in a message of Consul's. */
function refuse({ status, text }: ApiAnswer, what: string): void {
  if (status === 200) return;
  throw new Error(`Consul answers ${status}, so ${what}: ${text.replace(/\s+/g, " ").trim().slice(0, 300)}`);
}
