import { secretsFrom } from "../../recover/secrets";

const said = (files: Record<string, string>) =>
  Object.entries(files)
    .map(([name, text]) => `${name} ${Buffer.from(text).toString("base64")}`)
    .join("\n");

test("what the servers run with becomes the document again, without the authority's key", () => {
  const settings = JSON.stringify({ encrypt: "gossip", acl: { tokens: { agent: "a", initial_management: "m" } } });
  const server = (node: string) => ({
    node,
    text: said({ settings, ca: "CA", cert: `cert ${node}`, key: `key ${node}` }),
  });
  expect(secretsFrom([server("server1"), server("server2")])).toEqual({
    version: 1,
    gossipKey: "gossip",
    managementToken: "m",
    ca: { cert: "CA" },
    servers: {
      server1: { cert: "cert server1", key: "key server1" },
      server2: { cert: "cert server2", key: "key server2" },
    },
    services: {},
  });
});

test("a mesh without TLS has none of it", () => {
  expect(secretsFrom([{ node: "server1", text: said({ settings: '{"encrypt": "gossip"}' }) }])).toEqual({
    version: 1,
    gossipKey: "gossip",
    servers: {},
    services: {},
  });
});
