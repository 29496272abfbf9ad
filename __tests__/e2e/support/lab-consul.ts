/** The lab's Consul, as a person who may do everything uses it. */
import { readSecrets } from "../../../mesh-secrets";
import labMesh from "../../../meshes/lab";
import { askApi } from "../../../nodes";

/** Consul's API on the lab's server. */
export async function consul<T>(path: string): Promise<T> {
  const { status, text } = await askApi({ name: labMesh.name, consul: labConsul }, path);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text) as T;
}

const labConsul = {
  ...{
    existing: false,
    owns: [],
    acl: true,
    tls: true,
    gossipEncryption: true,
    openDns: false,
    wanGossip: false,
    addresses: [],
    address: "",
  },
  ...labMesh.consul,
};

/** The lab's own, which may do everything. */
export function managementToken(): string {
  const token = readSecrets(labMesh.name)?.managementToken;
  if (!token) throw new Error("the lab has no secrets");
  return token;
}

/** A command on a node by a person who has every right in Consul. */
export const asOperator = (command: string): string => `export CONSUL_HTTP_TOKEN=${managementToken()}; ${command}`;
