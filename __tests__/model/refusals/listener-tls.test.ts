import { listener, refuses } from "../../support/refusals";
import { edited, meshOf } from "../../support/shop";

describe("TLS of a listener", () => {
  const tls = (value: unknown) => (d: Parameters<typeof listener>[0]) => (listener(d).tls = value);
  const anyHost = (d: Parameters<typeof listener>[0]) => {
    listener(d).tls = true;
    listener(d).services[0].hosts = ["*"];
  };
  const clusters = (text: string) => (d: Parameters<typeof listener>[0]) =>
    (d.gateways.edge.extraStaticClustersJson = text);
  const at = "gateways.edge.listeners[0].tls";
  // biome-ignore format: a table reads by rows
  refuses([
    ["a word", tls("yes"), at, '"yes"', /./, /`true`, `false`/],
    ["an old version", tls({ minVersion: "TLSv1_1" }), `${at}.minVersion`, '"TLSv1_1"', /./, /TLSv1_2/],
    ["an unknown field", tls({ certFile: "a" }), `${at}.certFile`, '"a"', /./, /./],
    ["half of a place for a certificate", tls({ sds: { clusterName: "sds" } }), `${at}.sds.certResource`, /./, /./, /./],
    ["every host", anyHost, "gateways.edge.listeners[0].services[0].hosts[0]", '"*"', /no certificate/, /name the hosts/],
    ["clusters that are no JSON", clusters("{"), "gateways.edge.extraStaticClustersJson", '"{"', /JSON/, /static_resources/],
  ]);
});

test("TLS 1.2 is the least, and a certificate of one's own comes from a cluster that Envoy knows", () => {
  const entryOf = (tls: unknown) =>
    meshOf(
      edited((d) => {
        listener(d).tls = tls;
      }),
    ).configEntries.at(-1)?.config.Listeners;
  expect(entryOf(true)).toMatchObject([{ TLS: { Enabled: true, TLSMinVersion: "TLSv1_2" } }]);
  expect(entryOf({ minVersion: "TLSv1_3", sds: { clusterName: "sds", certResource: "shop" } })).toMatchObject([
    { TLS: { Enabled: true, TLSMinVersion: "TLSv1_3", SDS: { ClusterName: "sds", CertResource: "shop" } } },
  ]);
  expect(entryOf(false)).toEqual(entryOf(undefined));
  expect(JSON.stringify(entryOf(false))).not.toContain("TLS");
});
