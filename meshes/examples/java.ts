/**
 * A Java program that takes its time to start. Java is installed on the nodes. Build it, and try it on the lab:
 *
 *     cd meshes/examples/apps/java && javac -d build Hello.java && jar -c -f build/hello.jar -e Hello -C build Hello.class; cd -
 *     GATEHOUSE_LAB_PACKAGES=default-jre-headless GATEHOUSE_MESH=meshes/examples/java.ts npm run lab
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
        files: "meshes/examples/apps/java/build/hello.jar",
        command: ["/usr/bin/java", "-jar", "hello.jar"], // options of the virtual machine before `-jar`
        env: { PORT: "9001", GREETING: "Hello", START_SECONDS: "10" },
        limits: { memoryMax: "512M" },
      },
      // A deploy waits that long for a release, and for no longer than the release takes.
      health: { http: "/", interval: "2s", timeout: "1s", startTimeout: "3m" },
    },
  },
  gateways: {
    "ingress-gateway": {
      runsOn: ["gateway1"],
      listeners: [{ port: 8080, protocol: "http", services: [{ name: "hello", hosts: ["*"] }] }],
    },
  },
});
