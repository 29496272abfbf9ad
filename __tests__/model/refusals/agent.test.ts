import { refuses } from "../../support/refusals";
import { edited, meshOf } from "../../support/shop";

// biome-ignore format: one row a line
describe("a setting of the agents is refused:", () => {
  refuses([
    ["where they were there before", (d) => Object.assign(d.consul, { existing: true, agent: {} }), "consul.agent", "{}", /were there before/, /configure those agents/],
    ["an unknown level", (d) => (d.consul.agent = { logLevel: "loud" }), "consul.agent.logLevel", '"loud"', /./, /`trace`, `debug`, `info`/],
    ["an unknown field", (d) => (d.consul.agent = { loglevel: "info" }), "consul.agent.loglevel", '"info"', /./, /`logLevel`/],
    ["a secret in a join", (d) => (d.consul.agent = { retryJoin: ["provider=aws secret_access_key=hush"] }), "consul.agent.retryJoin[0]", '"secret_access_key"', /is secret/, /a role/],
    ["an address without its port", (d) => (d.consul.agent = { telemetry: { statsdAddress: "10.0.0.9" } }), "consul.agent.telemetry.statsdAddress", '"10.0.0.9"', /`host:port`/, /10\.0\.0\.10:8501/],
    ["no length of time", (d) => (d.consul.agent = { telemetry: { prometheusRetentionTime: "a day" } }), "consul.agent.telemetry.prometheusRetentionTime", '"a day"', /length of time/, /`15s`/],
    ["a filter that says neither", (d) => (d.consul.agent = { telemetry: { prefixFilter: ["consul.rpc"] } }), "consul.agent.telemetry.prefixFilter[0]", '"consul.rpc"', /kept/, /`\+consul\.rpc`/],
    ["no connection at all", (d) => (d.consul.agent = { limits: { httpMaxConnsPerClient: 0 } }), "consul.agent.limits.httpMaxConnsPerClient", "0", /out of range/, /from 1/],
    ["one that has a field", (d) => (d.consul.agent = { settings: { log_level: "INFO" } }), "consul.agent.settings.log_level", '"log_level"', /writes this setting itself/, /`consul\.agent\.logLevel`/],
    ["one that a mesh needs", (d) => (d.consul.agent = { settings: { data_dir: "/tmp" } }), "consul.agent.settings.data_dir", '"data_dir"', /writes this setting itself/, /^remove it$/],
    ["one in camelCase", (d) => (d.consul.agent = { settings: { dnsConfig: {} } }), "consul.agent.settings.dnsConfig", '"dnsConfig"', /lower case/, /documentation/],
    ["one without a value", (d) => (d.consul.agent = { settings: { dns_config: { ttl: null } } }), "consul.agent.settings.dns_config", '"dns_config"', /no value/, /lists or objects/],
  ]);
});

test("a secret in a join is not shown", () => {
  const join = "provider=aws secret_access_key=hush";
  expect(() => meshOf(edited((d) => (d.consul.agent = { retryJoin: [join] })))).toThrow(/^((?!hush).)*$/s);
});
