/**
 * An archive that a build makes: each node unpacks it, whole or not at all. Build it, and try it on the lab:
 *
 *     mkdir -p meshes/examples/apps/archive/build && tar -C meshes/examples/apps/nodejs -czf meshes/examples/apps/archive/build/hello.tar.gz .
 *     GATEHOUSE_MESH=meshes/examples/archive.ts npm run lab
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
        files: "meshes/examples/apps/archive/build/hello.tar.gz",
        command: ["/usr/bin/node", "server.js"], // or a program of the archive, by its path in there: "bin/hello"
        env: { PORT: "9001", NAME: "archive" },
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
