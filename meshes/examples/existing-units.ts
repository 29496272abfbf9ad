/**
 * nginx and PostgreSQL as the distribution's packages run them: Gatehouse registers both and gives them sidecars, and never touches
 * their units. Try it on the lab, whose nodes then have both packages:
 * `GATEHOUSE_LAB_PACKAGES=nginx-light,postgresql GATEHOUSE_MESH=meshes/examples/existing-units.ts npm run lab`
 */
import { defineMesh } from "../../model";
import lab from "../lab";

export default defineMesh({
  ...lab,
  services: {
    site: {
      runsOn: ["worker1", "worker2"],
      port: 80,
      protocol: "http",
      run: { unit: "nginx.service" },
      health: { http: "/", interval: "2s", timeout: "1s" },
      // A page of nginx reaches the database by 127.0.0.1:5433, through the mesh.
      upstreams: { db: { localPort: 5433 } },
    },
    db: {
      runsOn: ["worker2"],
      port: 5432,
      protocol: "tcp",
      // Debian's postgresql.service only starts this one, which has the process.
      run: { unit: "postgresql@15-main.service" },
      health: {
        script: ["/usr/lib/postgresql/15/bin/pg_isready", "-q", "-h", "127.0.0.1"],
        interval: "5s",
        timeout: "2s",
      },
    },
  },
  gateways: {
    "ingress-gateway": {
      runsOn: ["gateway1"],
      listeners: [{ port: 8080, protocol: "http", services: [{ name: "site", hosts: ["*"] }] }],
    },
  },
});
