/**
 * One process with two ports, each a service of its own: who may call the shop may not therefore call its admin page.
 * Try it on the lab: `GATEHOUSE_MESH=meshes/examples/two-ports.ts npm run lab`
 */
import { defineMesh } from "../../model";
import lab from "../lab";

/** Node.js is installed on the nodes. */
const server = `
  const http = require("node:http");
  http.createServer((_, answer) => answer.end("the shop\\n")).listen(9001, "127.0.0.1");
  http.createServer((_, answer) => answer.end("the admin page of the shop\\n")).listen(9002, "127.0.0.1");
`;

const health = { http: "/", interval: "2s", timeout: "1s" };

export default defineMesh({
  ...lab,
  services: {
    shop: {
      runsOn: ["worker1", "worker2"],
      port: 9001,
      protocol: "http",
      run: { command: ["/usr/bin/node", "-e", server.replaceAll("\n", " ")] },
      health,
    },
    admin: { runsOn: ["worker1"], port: 9002, protocol: "http", run: { sameProcessAs: "shop" }, health },
  },
  gateways: {
    "ingress-gateway": {
      runsOn: ["gateway1"],
      listeners: [
        {
          port: 8080,
          protocol: "http",
          services: [
            { name: "shop", hosts: ["*"] },
            { name: "admin", hosts: ["admin.test"] },
          ],
        },
      ],
    },
  },
});
