/**
 * A mesh that a team has made by hand on the lab's nodes, without Gatehouse: Consul, an ingress gateway on the server,
 * frontend -> backend with their sidecars, and another team's legacy -> ledger with entries of their own.
 */
import type { MeshDeclaration } from "../../../model";
import { environment, MANAGEMENT, makeCertificates, NODES, startAgent } from "./by-hand/agents";
import { ENTRIES } from "./by-hand/entries";
import { copyProgram, gatewayScript, type HandService, scriptOf } from "./by-hand/services";
import { declaration, freshLab, getUntil } from "./mesh";
import { on, untilWell } from "./on-node";

export interface ByHandOptions {
  /** ACLs that deny by default, TLS with certificates of each agent's own (no auto-encrypt). @default open */
  locked?: boolean;
  /** Units, definitions and ids of the services have other names than a declaration gives them. @default the same */
  otherNames?: boolean;
  /** Nodes of frontend. @default ["worker1"] */
  frontends?: string[];
  /** Nodes of backend. @default ["worker2"] */
  backends?: string[];
}

export interface ByHand {
  /** Declares frontend, backend and the gateway (on gateway1) in this Consul; takes nothing over yet. */
  mesh: MeshDeclaration;
  /** The token that may do everything, where it is locked. */
  token?: string;
  /** A command on a node by a person who has every right in Consul. */
  asOperator(command: string): string;
}

/** The gateway by hand, on the server. */
export const HAND_GATEWAY = "http://10.77.0.10:8080";
/** legacy, which hands each request on to ledger through its sidecar. */
export const FOREIGN = "http://10.77.0.12:9101";

/** Fresh nodes with such a mesh that answers. */
export async function madeByHand(options: ByHandOptions = {}): Promise<ByHand> {
  const { locked = false, otherNames = false, frontends = ["worker1"], backends = ["worker2"] } = options;
  const mesh = declared(locked, frontends, backends);
  await freshLab(mesh);
  const certificates = locked ? await makeCertificates() : undefined;
  await Promise.all(Object.keys(NODES).map((node) => copyProgram(node)));
  // The agents of the workers join the server's.
  await startAgent("server1", certificates);
  await Promise.all((["gateway1", "worker1", "worker2"] as const).map((node) => startAgent(node, certificates)));
  const asOperator = (command: string) => `${locked ? `export CONSUL_HTTP_TOKEN=${MANAGEMENT}; ` : ""}${command}`;
  await untilWell("server1", asOperator("test $(consul members | grep -c alive) = 4"));
  for (const entry of ENTRIES) await on("server1", asOperator(`consul config write - <<<'${JSON.stringify(entry)}'`));
  const make = (node: string, service: HandService) => on(node, asOperator(scriptOf(service, locked)));
  const names = (name: string) => (otherNames ? { unit: `shop-${name}`, file: `10-${name}`, id: `${name}-1` } : {});
  const made = [
    ...backends.map((node) => make(node, { name: "backend", port: 9002, admin: 19902, ...names("backend") })),
    ...frontends.map((node) =>
      make(node, { name: "frontend", port: 9001, admin: 19901, calls: ["backend", 5000], ...names("frontend") }),
    ),
  ];
  await Promise.all(made);
  await make("worker2", { name: "ledger", port: 9102, admin: 19912 });
  await make("worker1", { name: "legacy", port: 9101, admin: 19911, calls: ["ledger", 5101], address: NODES.worker1 });
  await on("server1", asOperator(gatewayScript(otherNames, locked)));
  for (const url of [HAND_GATEWAY, FOREIGN]) {
    const { status, body } = await getUntil(200, url, [], 60);
    if (status !== 200) throw new Error(`the mesh made by hand does not answer at ${url}: ${status} ${body}`);
  }
  Object.assign(process.env, environment(certificates)); // what Terraform's consul provider and the preflight read
  return { mesh, ...(locked && { token: MANAGEMENT }), asOperator };
}

function declared(locked: boolean, frontends: string[], backends: string[]): MeshDeclaration {
  const mesh = declaration();
  mesh.name = "shop";
  mesh.consul = locked
    ? { datacenter: "dc1", address: "10.77.0.10:8501", existing: true, gossipEncryption: false }
    : {
        datacenter: "dc1",
        address: "10.77.0.10:8500",
        existing: true,
        acl: false,
        tls: false,
        gossipEncryption: false,
      };
  mesh.services!.frontend!.runsOn = frontends;
  mesh.services!.backend!.runsOn = backends;
  return mesh;
}
