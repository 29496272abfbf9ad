/** The Consul agent of a node, and whether the node's Envoy fits it. Pure. */

import { type Finding, HERE, problem, type Severity } from "../findings";
import { layout } from "../model";
import type { Facts, PassedOver } from "../nodes";
import { atLeast } from "../toolchain";
import type { Plan } from "./plan";

const { http, https } = layout.consulPorts;

/** README, and `templates/shell/prerequisites.sh`: `default_intention_policy` came with it. */
const CONSUL_AT_LEAST = "1.18.0";

/** How Consul's API answers from here. */
export interface ConsulApi {
  /** With its scheme. */
  url: string;
  /** Why it cannot be used. Undefined when it answers. */
  fault?: string;
  /** All that are declared. @default the one in the URL */
  addresses?: string[];
  /** Those of them that do not answer, where another one does. @default none */
  passedOver?: PassedOver[];
}

/** Whether the `cluster` stack is about to set up, or to change, the agent of this node. */
export function willSetUpAgent({ agentFiles }: Plan, { files }: Facts): boolean {
  return Object.entries(agentFiles).some(([path, sha256]) => files[path] !== sha256);
}

export function judgeAgent(plan: Plan, facts: Facts, serversComing: boolean): Finding[] {
  const { agent, versions } = facts;
  const found = [...judgeVersion(plan, versions.consul), ...judgeEnvoy(plan, facts)];
  if (willSetUpAgent(plan, facts) || facts.missing.includes("consul")) return found;
  const report = (what: string, why: string, remedy: string) =>
    found.push(problem(plan.node.name, "consul agent", { found: what, why, remedy }));
  const journal = "see: journalctl -u consul -n 50";
  if (agent.status === 0 && facts.httpsAlone) {
    report(
      `the agent answers on port ${https} with TLS, and not on 127.0.0.1:${http}`,
      "Gatehouse's programs on the node talk to its agent over plain HTTP on loopback, with a token, also where everything else is locked",
      `write addresses { http = "127.0.0.1" } and ports { http = ${http} } into the agent's configuration and restart it; port ${https} stays as it is`,
    );
  } else if (agent.status === 0) {
    const unit = facts.units.find(({ name }) => name === layout.consulUnit);
    const state = unit?.file ? `consul.service is ${unit.state}` : "there is no consul.service";
    const remedy = unit?.file ? `systemctl start consul; ${journal}` : "set up Consul's agent on this node";
    report(`nothing answers at 127.0.0.1:${http}, ${state}`, "services register with their node's agent", remedy);
  } else if (agent.status === 403 && plan.acl) {
    // Where Consul was there before, the first deploy brings the node's token.
    if (plan.ownAgent) {
      const reason = "Gatehouse's programs on the node have no other way to its agent";
      report("the agent does not know this node's token", reason, `npm run rotate -- ${plan.node.name}`);
    }
  } else if (agent.status !== 200) {
    const reason = "services register with their node's agent, which must let local programs read and register";
    report(`the agent answers ${agent.status}`, reason, `${journal}; with ACLs leave out consul.acl`);
  } else if (agent.datacenter !== plan.datacenter) {
    // It is part of every certificate's name, so it is no matter of taste.
    const reason = `the declaration says ${plan.datacenter}, and the config entries go there`;
    report(
      `the agent belongs to the datacenter ${agent.datacenter}`,
      reason,
      "correct consul.datacenter, or the agent",
    );
  } else if (agent.leader === "" && !serversComing) {
    const remedy = `see there: consul members, consul operator raft list-peers; ${journal}`;
    report("the agent sees no leader", "without one Consul takes no registration and no config entry", remedy);
  }
  return found;
}

function judgeVersion({ node }: Plan, version: string | undefined): Finding[] {
  const numbers = (text: string) => text.split(".").map(Number);
  if (!version || atLeast(numbers(version), numbers(CONSUL_AT_LEAST))) return [];
  return [
    {
      severity: "problem",
      where: { on: node.name, what: "consul" },
      found: `consul ${version}`,
      why: `${CONSUL_AT_LEAST} or newer is needed`,
      remedy: "update it from HashiCorp's package repository, or replace the program that `command -v consul` names",
    },
  ];
}

function judgeEnvoy({ node }: Plan, { agent, versions }: Facts): Finding[] {
  const { supportedEnvoys } = agent;
  if (node.role !== "worker" || !versions.envoy || supportedEnvoys.length === 0) return [];
  if (supportedEnvoys.includes(versions.envoy)) return [];
  return [
    {
      severity: "note",
      where: { on: node.name, what: "envoy" },
      found: `envoy ${versions.envoy}`,
      why: `this Consul ${agent.version} names ${supportedEnvoys.join(", ")} as supported; Gatehouse starts another one with -ignore-envoy-compatibility`,
      remedy: "nothing; or install one of these versions",
    },
  ];
}

/**
 * Terraform writes config entries through this address.
 * @param servers addresses of Consul's servers that the nodes name
 */
export function judgeConsulApi(api: ConsulApi, serversComing: boolean, servers: string[] = []): Finding[] {
  const { url, fault, passedOver = [] } = api;
  if (serversComing) return [];
  const finding = (severity: Severity, found: string, why: string, remedy: string): Finding => ({
    ...problem(HERE, "Consul's API", { found, why, remedy }),
    severity,
  });
  const others = passedOver.map((one) =>
    finding(
      "warning",
      `${one.address}: ${one.fault}`,
      `the deploy goes on with ${url.replace(/^https?:\/\//, "")}`,
      "start that server, or take it out of consul.addresses",
    ),
  );
  if (fault === undefined) return others;
  const remedy = `correct consul.address, or open the way to it from here${addressesToAdd(api, servers)}`;
  return [...others, finding("problem", `${url}: ${fault}`, "Terraform writes the config entries through it", remedy)];
}

/** The other servers, as a declaration names them. */
function addressesToAdd({ url, addresses }: ConsulApi, servers: string[]): string {
  const [, used = ""] = /^https?:\/\/(.*)$/.exec(url) ?? [];
  const port = used.slice(used.lastIndexOf(":") + 1);
  const declared = addresses ?? [used];
  const withPort = servers.map((server) => `${server.includes(":") ? `[${server}]` : server}:${port}`);
  const more = [...new Set(withPort)].filter((address) => !declared.includes(address));
  if (more.length === 0) return "";
  const list = [...declared, ...more].map((address) => JSON.stringify(address)).join(", ");
  return `; if that server is down, go on with another one: addresses: [${list}] under consul`;
}
