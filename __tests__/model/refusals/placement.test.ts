import { frontend, refuses } from "../../support/refusals";

describe("placement", () => {
  // biome-ignore format: a table reads by rows
  refuses([
    ["a service on a server", (d) => (frontend(d).runsOn = ["server1"]), "services.frontend.runsOn[0]", '"server1"', /Consul server, and servers carry no workload/, /role is `worker`/],
    ["a gateway on a server", (d) => (d.gateways.edge.runsOn = ["server1"]), "gateways.edge.runsOn[0]", '"server1"', /servers carry no workload/, /role is `worker`/],
    ["an unknown node", (d) => (frontend(d).runsOn = ["worker11"]), "services.frontend.runsOn[0]", '"worker11"', /no node `worker11`/, /did you mean `worker1`/],
    ["a gateway on an unknown node", (d) => (d.gateways.edge.runsOn = ["elsewhere"]), "gateways.edge.runsOn[0]", '"elsewhere"', /no node `elsewhere`/, /server1, gateway1/],
    ["nowhere", (d) => (frontend(d).runsOn = []), "services.frontend.runsOn", "[]", /runs nowhere/, /at least one worker/],
    ["a gateway nowhere", (d) => (d.gateways.edge.runsOn = []), "gateways.edge.runsOn", "[]", /runs nowhere/, /at least one worker/],
    ["labels on an unknown node", (d) => (frontend(d).runsOn = [{ node: "worker11", tags: ["a"] }]), "services.frontend.runsOn[0].node", '"worker11"', /no node `worker11`/, /did you mean `worker1`/],
    ["a node that is misspelt", (d) => (frontend(d).runsOn = [{ nod: "worker1" }]), "services.frontend.runsOn[0].nod", '"worker1"', /no field `nod`/, /did you mean `node`/],
    ["a key of Consul's", (d) => (frontend(d).meta = { "consul-x": "1" }), "services.frontend.meta.consul-x", '"consul-x"', /Consul's own/, /version/],
    ["a key of Gatehouse's", (d) => (frontend(d).runsOn = [{ node: "worker1", meta: { "gatehouse-mesh": "other" } }]), "services.frontend.runsOn[0].meta.gatehouse-mesh", '"gatehouse-mesh"', /Gatehouse's own/, /version/],
    ["a key with a space", (d) => (frontend(d).meta = { "a b": "1" }), 'services.frontend.meta["a b"]', '"a b"', /does not take/, /version/],
    ["a long value", (d) => (frontend(d).meta = { a: "x".repeat(513) }), "services.frontend.meta.a", /x/, /512/, /shorten/],
    ["many keys", (d) => (frontend(d).meta = Object.fromEntries(Array.from({ length: 63 }, (_, at) => [`k${at}`, ""]))), "services.frontend.meta", '"63 keys"', /64/, /62/],
    ["an empty tag", (d) => (frontend(d).tags = [""]), "services.frontend.tags[0]", '""', /empty/, /fill it in/],
    ["labelled twice on a node", (d) => (frontend(d).runsOn = ["worker1", { node: "worker1" }]), "services.frontend.runsOn[1].node", '"worker1"', /already \(runsOn\[0\]\)/, /another node/],
    ["twice on a node", (d) => (frontend(d).runsOn = ["worker1", "worker1"]), "services.frontend.runsOn[1]", '"worker1"', /already \(runsOn\[0\]\)/, /another node/],
    ["on a retired node", (d) => (d.nodes.worker1.retired = true), "services.frontend.runsOn[0]", '"worker1"', /`worker1` is retired \(nodes.worker1.retired\)/, /another node/],
    ["no server", (d) => delete d.nodes.server1, "nodes", /worker1/, /no Consul server/, /role: "server"/],
    ["only a retired server", (d) => (d.nodes.server1.retired = true), "nodes", /server1/, /no Consul server/, /role: "server"/],
  ]);
});
