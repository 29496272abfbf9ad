/** Whether Envoy can reach an agent that was there before. Pure. */

import type { Finding, Judgement } from "../findings";
import { layout } from "../model";
import type { Facts, Xds } from "../nodes";
import type { Plan } from "./plan";

const { grpc, grpcTls } = layout.consulPorts;

/** Nothing where Gatehouse sets up the agent, or set it up for another mesh: it writes the port and the authority itself. */
export function judgeXds(plan: Plan, facts: Facts): Finding[] {
  const { node, existing } = plan;
  if (!existing || node.role !== "worker" || node.retired || facts.missing.includes("consul")) return [];
  const { xds, agent, agentMesh } = facts;
  if (agentMesh !== "") return [];
  if (!xds) return agent.status === 0 ? [] : [finding(node.name, "problem", NO_PORT)];
  if (!xds.tls) return plan.tls ? [finding(node.name, "note", withoutTls(xds))] : [];
  const fault = xds.fault === "" ? undefined : FAULTS[xds.fault]?.(xds);
  if (!fault) return [];
  return [finding(node.name, "problem", fault)];
}

const ENVOY = "Envoy has its configuration from the agent's gRPC port";

const NO_PORT: Judgement = {
  found: `nothing listens on the agent's gRPC ports, ${grpcTls} with TLS and ${grpc} without`,
  why: ENVOY,
  remedy: `write ports { grpc_tls = ${grpcTls} } into the agent's configuration, restart it`,
};

const withoutTls = ({ port }: Xds): Judgement => ({
  found: `the agent has gRPC port ${port} without TLS alone`,
  why: `${ENVOY}, over 127.0.0.1: it is not encrypted there`,
  remedy: `nothing; or write ports { grpc_tls = ${grpcTls} } and a certificate into the agent's configuration`,
});

const FAULTS: Record<string, (xds: Xds) => Judgement> = {
  unsigned: ({ port, shown }) => ({
    found: `on port ${port} the agent shows a certificate whose authority this node does not know: ${shown}`,
    why: `${ENVOY}, and connects only when it can verify that certificate`,
    remedy: `put the certificate of that authority into ${layout.folders.consul} as a .pem file, or correct the agent's tls.grpc`,
  }),
  "wants-certificate": ({ port }) => ({
    found: `the agent demands a client's certificate on its gRPC port ${port}`,
    why: `${ENVOY}, and \`consul connect envoy\` has no way to give Envoy a certificate for it`,
    remedy:
      "write tls { grpc { verify_incoming = false } } into the agent's configuration and restart it: the token still decides, and the other ports stay as they are",
  }),
  "no-tls": ({ port }) => ({
    found: `port ${port} of the agent does not speak TLS`,
    why: ENVOY,
    remedy: "correct the agent's tls and ports.grpc_tls; see: journalctl -u consul -n 50",
  }),
};

const finding = (node: string, severity: Finding["severity"], said: Judgement): Finding => ({
  severity,
  where: { on: node, what: "gRPC for Envoy" },
  ...said,
});
