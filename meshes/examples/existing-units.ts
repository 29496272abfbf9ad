/**
 * nginx and PostgreSQL as the distribution's packages run them: Gatehouse registers both and gives them sidecars, and never touches
 * their units. Two services of the project reach PostgreSQL through the mesh: one takes orders, and one without a port packs them.
 * Try it on the lab, whose nodes then have the packages:
 *
 *     export GATEHOUSE_LAB_PACKAGES=nginx-light,postgresql,python3-psycopg2,python3-waitress
 *     npm run lab:up
 *     npm run lab:ssh -- worker2 'cd / && su postgres -c "psql -f -"' <meshes/examples/apps/orders/database.sql
 *     GATEHOUSE_MESH=meshes/examples/existing-units.ts npm run lab
 *     curl -H 'Host: orders.test' http://10.77.0.11:8080/order
 */
import { defineMesh } from "../../model";
import lab from "../lab";

const health = { http: "/", interval: "2s", timeout: "1s" };

/** Where the database is, for each that calls it. The mesh encrypts. A password of yours is in `secrets` instead. */
const database = {
  PGHOST: "127.0.0.1",
  PGSSLMODE: "disable",
  PGUSER: "shop",
  PGPASSWORD: "only for the lab",
};

export default defineMesh({
  ...lab,
  services: {
    site: { runsOn: ["worker1", "worker2"], port: 80, protocol: "http", run: { unit: "nginx.service" }, health },
    db: {
      runsOn: ["worker2"],
      port: 5432,
      protocol: "tcp",
      // Debian's postgresql.service only starts this one, which has the process.
      run: { unit: "postgresql@15-main.service" },
      health: {
        script: ["/usr/lib/postgresql/15/bin/pg_isready", "-q", "-h", "127.0.0.1", "-U", "shop"],
        interval: "5s",
        timeout: "2s",
      },
    },
    orders: {
      runsOn: ["worker1", "worker2"],
      port: 9001,
      protocol: "http",
      run: {
        files: "meshes/examples/apps/orders",
        command: ["/usr/bin/python3", "-B", "app.py"],
        env: { PORT: "9001", ...database, PGPORT: "5433" },
      },
      health,
      upstreams: { db: { localPort: 5433 } },
    },
    packer: {
      runsOn: ["worker1", "worker2"],
      run: {
        files: "meshes/examples/apps/orders",
        command: ["/usr/bin/python3", "-B", "packer.py"],
        env: { PACKER: "packer", ...database, PGPORT: "5434" },
      },
      upstreams: { db: { localPort: 5434 } },
    },
  },
  gateways: {
    "ingress-gateway": {
      runsOn: ["gateway1"],
      listeners: [
        {
          port: 8080,
          protocol: "http",
          services: [
            { name: "site", hosts: ["*"] },
            { name: "orders", hosts: ["orders.test"] },
          ],
        },
      ],
    },
  },
});
