/**
 * A Python WSGI application with a configuration file. Python is installed on the nodes; libraries would be in the folder:
 * `pip install --target vendor -r requirements.txt`, with `PYTHONPATH: "vendor"` in `env`.
 * Try it on the lab: `GATEHOUSE_MESH=meshes/examples/python.ts npm run lab`
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
        files: "meshes/examples/apps/python",
        // The service may not write to the folder, so Python cannot keep compiled modules in it: -B does not try.
        command: ["/usr/bin/python3", "-B", "app.py"],
        env: { PORT: "9001" },
        configFiles: { "app.json": { text: '{ "greeting": "Good day" }\n' } },
      },
      health: { http: "/health", interval: "2s", timeout: "1s" },
    },
  },
  gateways: {
    "ingress-gateway": {
      runsOn: ["gateway1"],
      listeners: [{ port: 8080, protocol: "http", services: [{ name: "hello", hosts: ["*"] }] }],
    },
  },
});
