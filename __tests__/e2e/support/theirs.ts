/** A program of a node that a unit of others runs, and one process with two services. */
import type { MeshDeclaration } from "../../../model";
import { on } from "./mesh";

/** The name of the service and of the unit: nothing may take the one for the other. */
export const LEGACY = "legacy";
export const LEGACY_FILE = `/etc/systemd/system/${LEGACY}.service`;

/** Stands for nginx or PostgreSQL: a user of the node, every address, and nothing of Gatehouse's. */
const unit = `[Unit]
Description=By hand
[Service]
ExecStart=/usr/bin/python3 -B -m http.server 9031 --directory /srv/legacy
User=www-data
[Install]
WantedBy=multi-user.target
`;

/** Puts the unit on worker2 and starts it, as a person would. */
export async function startLegacy(): Promise<void> {
  await on("worker2", "mkdir -p /srv/legacy && echo 'by hand' >/srv/legacy/index.html");
  await on("worker2", `cat >${LEGACY_FILE} <<'END'\n${unit}END`);
  await on("worker2", `systemctl daemon-reload && systemctl enable --now ${LEGACY}`);
}

/** Its process, since when it runs, how it is enabled, and its file: the same for as long as it is not touched. */
export const identity = (): Promise<string> =>
  on(
    "worker2",
    `systemctl show -p MainPID -p ExecMainStartTimestampMonotonic -p ActiveState -p UnitFileState -p NRestarts -p DropInPaths ${LEGACY}; stat -c '%i %Y %Z' ${LEGACY_FILE}`,
  );

/** One process on two ports: each answers with its own word. */
const server = (word: string) =>
  `for (const port of [9041, 9042]) require('node:http').createServer((_, answer) => answer.end('${word} ' + port)).listen(port, '127.0.0.1')`;

/** `mesh` with the unit of others on worker2, at `port`, and with two services of one process on worker1. */
export function withTheirs(mesh: MeshDeclaration, { port = 9031, word = "first" } = {}): MeshDeclaration {
  const health = { http: "/", interval: "1s", timeout: "1s", startTimeout: "10s" };
  const http = { protocol: "http", health } as const;
  mesh.services![LEGACY] = { ...http, runsOn: ["worker2"], port, meta: { word }, run: { unit: `${LEGACY}.service` } };
  mesh.services!.pair = {
    ...http,
    runsOn: ["worker1"],
    port: 9041,
    run: { command: ["/usr/bin/node", "-e", server(word)] },
  };
  mesh.services!.admin = { ...http, runsOn: ["worker1"], port: 9042, run: { sameProcessAs: "pair" } };
  mesh.gateways!["ingress-gateway"]!.listeners[0]!.services.push(
    ...[LEGACY, "pair", "admin"].map((name) => ({ name, hosts: [`${name}.test`] })),
  );
  return mesh;
}
