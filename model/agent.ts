/** Settings of Consul's agents beyond those that a mesh needs. */
import { z } from "zod";
import { type AgentSetting, settingFault } from "./agent-setting";
import { count, field, flag, text } from "./checking/fields";
import type { Fault, Path, Problems } from "./checking/problem";
import { isBroken, items, type View } from "./checking/view";
import { hostPortFault } from "./formats/address";
import { goDurationFault } from "./formats/duration";
import { textFault } from "./formats/text";

/** Consul takes whole numbers of this size on every machine. */
const MOST = 2_147_483_647;

/** How much Consul's agents log. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

/** Consul's own settings in camelCase. A change restarts the agents, the servers one after another. */
export interface AgentDeclaration {
  /** Consul's `log_level`. @default "info" */
  logLevel?: LogLevel;
  /**
   * Where an agent looks for the others besides the declared servers: an address, or what Consul calls cloud auto-join, for example
   * `"provider=aws tag_key=consul tag_value=server"`. Without credentials: a machine has those of its role. @default []
   */
  retryJoin?: string[];
  /** Consul's `telemetry`: where an agent's numbers go. @default none */
  telemetry?: TelemetryDeclaration;
  /** Consul's `limits`: how much one client may ask of an agent. @default Consul's own */
  limits?: AgentLimitsDeclaration;
  /**
   * Any other setting of an agent, by the name that Consul's documentation gives it, for example `{ dns_config: { service_ttl: { "*": "5s" } } }`.
   * Only Consul checks them, on each node before its agent restarts. Not for secrets: Terraform's state has these values.
   * @default {}; any gives a warning
   */
  settings?: Record<string, AgentSetting>;
}

/** Consul's `telemetry`. */
export interface TelemetryDeclaration {
  /** How long an agent keeps a number for Prometheus, which reads them at `/v1/agent/metrics?format=prometheus`. @default "0s": not at all */
  prometheusRetentionTime?: string;
  /** `host:port` of a statsd server. @default none */
  statsdAddress?: string;
  /** `host:port` of a DogStatsD server. @default none */
  dogstatsdAddr?: string;
  /** `host:port` of a statsite server. @default none */
  statsiteAddress?: string;
  /** Begins every name. @default "consul" */
  metricsPrefix?: string;
  /** Whether names are without the node's. @default false */
  disableHostname?: boolean;
  /** `+` or `-` and the beginning of names: which are kept, and which are not. @default all are kept */
  prefixFilter?: string[];
}

/** Consul's `limits`. */
export interface AgentLimitsDeclaration {
  /** Connections of one address to the HTTP API, from 1. @default 200 */
  httpMaxConnsPerClient?: number;
  /** Connections of one address to a server's RPC port, from 1. @default 100 */
  rpcMaxConnsPerClient?: number;
  /** Calls a second that one agent may make to its servers, from 1. @default unlimited */
  rpcRate?: number;
  /** Calls above `rpcRate` that an agent may make at once, from 1. @default 1000 */
  rpcMaxBurst?: number;
}

const LEVELS = ["trace", "debug", "info", "warn", "error"] as const satisfies LogLevel[];

const server = (example: string) => text(`write \`host:port\`, for example \`${example}\``, hostPortFault).optional();
const texts = (example: string, judge?: (text: string) => Fault | undefined) =>
  field(
    z.array(text(`write a text, for example \`${example}\``, judge)),
    `write a list, for example \`["${example}"]\``,
  );

const filterFault = (prefix: string): Fault | undefined =>
  /^[+-]/.test(prefix)
    ? textFault(prefix)
    : { reason: "nothing says whether such names are kept", remedy: `write \`+${prefix}\`, or \`-${prefix}\`` };

export const agentSchema = field(
  z.strictObject({
    logLevel: field(z.enum(LEVELS), `write one of ${LEVELS.map((level) => `\`${level}\``).join(", ")}`).optional(),
    retryJoin: texts("provider=aws tag_key=consul tag_value=server").optional(),
    telemetry: field(
      z.strictObject({
        prometheusRetentionTime: text("write a length of time, for example `60s`", goDurationFault).optional(),
        statsdAddress: server("10.0.0.9:8125"),
        dogstatsdAddr: server("127.0.0.1:8125"),
        statsiteAddress: server("10.0.0.9:8125"),
        metricsPrefix: text("write how every name begins, for example `shop`").optional(),
        disableHostname: flag().optional(),
        prefixFilter: texts("+consul.rpc", filterFault).optional(),
      }),
      'write an object, for example `{ prometheusRetentionTime: "60s" }`',
    ).optional(),
    limits: field(
      z.strictObject({
        httpMaxConnsPerClient: count(1, MOST).optional(),
        rpcMaxConnsPerClient: count(1, MOST).optional(),
        rpcRate: count(1, MOST).optional(),
        rpcMaxBurst: count(1, MOST).optional(),
      }),
      "write an object, for example `{ httpMaxConnsPerClient: 400 }`",
    ).optional(),
    settings: field(
      z.record(z.string(), z.unknown() as z.ZodType<AgentSetting>),
      "write an object with Consul's names of settings",
    ).optional(),
  }),
  'write an object, for example `{ logLevel: "warn" }`, or leave it out',
);

/** The agents are Gatehouse's, their settings Consul's, and none of them is secret. */
export function checkAgent({ declaration: { consul } }: View, problems: Problems): void {
  const agent = consul?.agent;
  if (!consul || !agent) return;
  const path = ["consul", "agent"];
  if (consul.existing === true && !isBroken(consul, "existing")) {
    problems.add(path, agent, {
      reason: "Gatehouse writes no setting of agents that were there before (consul.existing)",
      remedy: "remove it, and configure those agents",
    });
  }
  for (const { index, value } of items(agent.retryJoin)) checkJoin(value, [...path, "retryJoin", index], problems);
  for (const [name, value] of Object.entries(agent.settings ?? {})) {
    const fault = settingFault(name, value);
    if (fault) problems.add([...path, "settings", name], name, fault);
  }
}

/** Credentials of a cloud's interface. */
function checkJoin(join: string, path: Path, problems: Problems): void {
  const secret = /(?:^|\s)(\w*(?:secret|token|password|api_key)\w*)=/.exec(join)?.[1];
  if (secret === undefined) return;
  problems.add(path, secret, {
    reason: "this is secret, and Terraform's state would have it",
    remedy: `remove \`${secret}\`, and give the machines a role that may look for the others`,
  });
}
