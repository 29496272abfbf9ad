/**
 * A program that each node fetches by itself, such as a release that continuous integration has published. Try it on the lab, where
 * the host is what serves it:
 *
 *     python3 -m http.server 8000 --bind 10.77.0.1 --directory meshes/examples/apps/artifact &
 *     GATEHOUSE_MESH=meshes/examples/artifact.ts npm run lab
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
        artifact: {
          // Archives are unpacked: .tar, .tar.gz, .tgz and .zip. This is one file, and stays as it is.
          url: "http://10.77.0.1:8000/hello.py",
          sha256: "8d67b0ead6627a963f4ae135bf1ee5114a81ba7453e8f13363c7cf90eb940aeb",
        },
        command: ["/usr/bin/python3", "hello.py"], // without one, the file itself is the program
        env: { PORT: "9001" },
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
