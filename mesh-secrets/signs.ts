/** Signs that a mesh was deployed before: its secrets are then lost, not new. */
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Mesh } from "../model";

/** Milliseconds that a server of Consul has to answer. */
const PATIENCE = 3_000;

/**
 * The sign of an earlier deploy, or undefined.
 * @param folder of the project, with the states
 */
export async function signOfDeploy({ name, consul }: Mesh, folder = "."): Promise<string | undefined> {
  if (consul.existing) return undefined;
  const state = join(folder, `terraform.${name}.cluster.tfstate`);
  if (existsSync(state) && /"type": *"null_resource"/.test(readFileSync(state, "utf8"))) {
    return `${state} knows agents that run with them`;
  }
  for (const address of consul.addresses) {
    if (await answers(address)) return `Consul answers at ${address}`;
  }
  return undefined;
}

function answers(address: string): Promise<boolean> {
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(address) ?? [];
  return new Promise((done) => {
    const socket = connect({ host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port), timeout: PATIENCE });
    const end = (there: boolean) => {
      socket.destroy();
      done(there);
    };
    socket
      .on("connect", () => end(true))
      .on("error", () => end(false))
      .on("timeout", () => end(false));
  });
}
