/**
 * The lab's services on one worker, two instances of each: a release rolls without an outage where there is no second node.
 * GATEHOUSE_MESH=meshes/examples/one-worker.ts npm run lab
 */
import { defineMesh } from "../../model";
import lab from "../lab";

const { frontend, backend } = lab.services!;

/** The arguments of the lab's services, with placeholders: each instance gets its own ports there. */
const withPorts = (args: string[] = []) =>
  args.map((arg) => arg.replace(/:900[12]/, ":%port").replace(":5000", ":%upstream.backend.port"));

export default defineMesh({
  ...lab,
  services: {
    frontend: {
      ...frontend!,
      runsOn: [{ node: "worker1", instances: 2 }], // on ports 9001 and 9002
      // `-M "127.0.0.1:%port http://127.0.0.1:%upstream.backend.port"`: the second one listens on 9002 and calls 5001.
      run: { binary: "lab/bin/fortio", args: withPorts(frontend!.run.args) },
      upstreams: { backend: { localPort: 5000 } }, // at 5000 and 5001, each of its own sidecar
    },
    backend: {
      ...backend!,
      runsOn: [{ node: "worker1", instances: 2 }],
      port: 9011, // and 9012
      run: { binary: "lab/bin/fortio", args: withPorts(backend!.run.args) },
    },
  },
});
