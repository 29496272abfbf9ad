/** The verb `adopt`, as `verbs.ts` lists it. */
import type { Verb } from "./verbs";

export const ADOPT: Verb = {
  usage: "adopt <mesh> [names..]",
  does: "writes a first declaration, meshes/<mesh>.ts, from the Consul and the services that are there; changes nothing there",
  load: () => require("./adopt") as typeof import("./adopt"),
  failure: 2,
  options: {
    consul: {
      type: "string",
      describe: "HOST:PORT of Consul's API, https:// before it for TLS; else CONSUL_HTTP_ADDR",
    },
    user: { type: "string", describe: "who logs in to the nodes", default: "root" },
    key: { type: "string", describe: "file of the private key; else the keys of the ssh-agent" },
    port: { type: "number", describe: "ssh port of the nodes" },
  },
  examples: [
    ["gatehouse adopt shop --consul 10.0.0.10:8500", "shows what is there, and asks what the mesh takes over"],
    [
      "gatehouse adopt shop frontend backend worker1=SHA256:…",
      "without a terminal: names, and fingerprints of host keys",
    ],
  ],
};
