/** Settings of Consul's agents that Gatehouse has no field for. */
import type { Fault } from "./checking/problem";
import { textFault } from "./formats/text";

/** A value of a setting that only Consul checks. */
export type AgentSetting = string | number | boolean | AgentSetting[] | { [name: string]: AgentSetting };

/** Settings that Gatehouse writes itself, and what a person changes instead. */
const WRITTEN: Record<string, string> = {
  acl: "consul.acl",
  addresses: "consul.openDns",
  auto_encrypt: "consul.tls",
  bind_addr: "nodes.<name>.address",
  bootstrap: "nodes",
  bootstrap_expect: "nodes",
  client_addr: "nodes.<name>.address",
  config_entries: "configEntries",
  connect: "services",
  data_dir: "",
  datacenter: "consul.datacenter",
  default_intention_policy: "intentions",
  disable_update_check: "",
  enable_local_script_checks: "services.<name>.health",
  enable_script_checks: "services.<name>.health",
  encrypt: "consul.gossipEncryption",
  leave_on_terminate: "",
  limits: "consul.agent.limits",
  log_level: "consul.agent.logLevel",
  node_name: "nodes",
  performance: "",
  ports: "consul.tls",
  retry_join: "consul.agent.retryJoin",
  server: "nodes.<name>.role",
  service: "services",
  services: "services",
  telemetry: "consul.agent.telemetry",
  tls: "consul.tls",
  ui_config: "",
};

/** Why a setting cannot be declared. */
export function settingFault(name: string, value: unknown): Fault | undefined {
  const instead = WRITTEN[name];
  if (instead !== undefined) {
    const remedy = instead === "" ? "remove it" : `remove it, and write \`${instead}\``;
    return { reason: "Gatehouse writes this setting itself", remedy };
  }
  if (!/^[a-z][a-z0-9_]*$/.test(name))
    return {
      reason: "Consul's settings have names in lower case, with `_`",
      remedy: "write the name as Consul's documentation does",
    };
  if (isSetting(value)) return undefined;
  return { reason: "this is no value of a setting", remedy: "write text, numbers, `true`, `false`, lists or objects" };
}

function isSetting(value: unknown): value is AgentSetting {
  if (typeof value === "string") return !textFault(value);
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value === "boolean") return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(([name, inner]) => !textFault(name) && isSetting(inner));
}
