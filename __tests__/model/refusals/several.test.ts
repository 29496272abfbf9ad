import { frontend, refuses } from "../../support/refusals";
import type { Draft } from "../../support/shop";

describe("several instances on a node", () => {
  const two = { node: "worker1", instances: 2 };
  const told = { binary: "bin/frontend", env: { P: "%port", B: "%upstream.backend.port" } };
  const several = (fields: object) => (d: Draft) => Object.assign(frontend(d), { runsOn: [two], run: told, ...fields });
  const path = "services.frontend.runsOn[0].instances";
  const script = { script: ["/usr/bin/check", "%upstream.stroe.port"] };
  // biome-ignore format: a table reads by rows
  refuses([
    ["none", several({ runsOn: [{ node: "worker1", instances: 0 }] }), expect.stringMatching(/^services.frontend.runsOn\[0\]/), /0/, /none of the forms|out of range/, /instances: 2|from 1 to 32/],
    ["a port that nothing tells", several({ run: { binary: "bin/frontend", env: { B: "%upstream.backend.port" } } }), path, "2", /port of its own \(9001, 9002, …\)/, /`%port`/],
    ["an upstream's port that nothing tells", several({ run: { binary: "bin/frontend", args: ["%port"] } }), path, "2", /finds `backend` at a port of its own \(5000, 5001, …\)/, /`%upstream.backend.port`/],
    ["a health port that nothing tells", several({ health: { http: "/", port: 9101 } }), path, "2", /checked at a port of its own \(9101, 9102, …\)/, /`%health.port`/],
    ["an unknown upstream", (d) => (frontend(d).run.args = ["%upstream.backnd.port"]), "services.frontend.run", '"%upstream.backnd.port"', /`backnd` is no upstream/, /`%%upstream.backnd.port`/],
    ["an unknown upstream of a script", (d) => (frontend(d).health = script), "services.frontend.run", '"%upstream.stroe.port"', /`stroe` is no upstream/, /`%%upstream.stroe.port`/],
    ["a port that a service has", several({ runsOn: [{ node: "worker2", instances: 2 }] }), "services.backend.port", "9002", /on node `worker2` by services.frontend.port \(of instance 2 there\), and services.backend.port wants it/, /leave room/],
    ["ports of one service that meet", several({ health: { http: "/", port: 9002 }, run: { ...told, args: ["%health.port"] } }), "services.frontend.port", "9001", /by services.frontend.health.port, and services.frontend.port \(of instance 2 there\)/, /leave room/],
    ["a port of Consul's", several({ port: 8499 }), "services.frontend.port", "8499", /port 8500 \(of instance 2 on a node\) belongs to Consul's HTTP API/, /another port/],
    ["the port of a service without one", (d) => (d.services.job = { runsOn: ["worker1"], run: { command: ["/usr/bin/job", "%port"] } }), "services.job.run", '"%port"', /this service has no `port`/, /`%%port`/],
    ["a job whose upstream nothing tells", (d) => (d.services.job = { runsOn: [two], run: { command: ["/usr/bin/job"] }, upstreams: { backend: { localPort: 5100 } } }), "services.job.runsOn[0].instances", "2", /finds `backend` at a port of its own/, /`%upstream.backend.port`/],
    ["a unit of others", several({ run: { unit: "nginx.service" } }), path, "2", /starts no process of this service/, /remove `instances`/],
    ["the process of one of several", (d) => { d.services.store.runsOn = [{ node: "worker2", instances: 2 }]; d.services.store.run = { binary: "bin/store", args: ["%port"] }; d.services.backend.port = 9010; d.services.backend.run = { sameProcessAs: "store" }; }, "services.backend.run.sameProcessAs", '"store"', /`store` has 2 instances on `worker2`/, /one instance a node/],
    ["a port beyond the last", several({ port: 65535 }), "services.frontend.port", "65535", /no port 65536 \(of instance 2 on a node\)/, /lower port/],
  ]);
});
