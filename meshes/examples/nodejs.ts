/**
 * A Node.js server of several files, on two nodes. A deploy packs the folder and brings it to each of them; Node.js itself is
 * installed there. Try it on the lab: `GATEHOUSE_MESH=meshes/examples/nodejs.ts npm run lab`
 */
import { defineMesh } from "../../model";
import lab from "../lab";

export default defineMesh({
  ...lab,
  services: {
    hello: {
      runsOn: ["worker1", "worker2"],
      port: 9001,
      protocol: "http",
      run: {
        // Also a folder that a build makes, such as `dist/`. Everything in it goes to the nodes, and nothing else.
        files: "meshes/examples/apps/nodejs",
        command: ["/usr/bin/node", "server.js"], // runs in the folder
        env: { PORT: "9001", NAME: "mesh" },
      },
      health: { http: "/", interval: "2s", timeout: "1s" },
    },
  },
  gateways: {
    "ingress-gateway": {
      runsOn: ["gateway1"],
      listeners: [{ port: 8080, protocol: "http", services: [{ name: "hello", hosts: ["*"] }] }],
    },
  },
});
