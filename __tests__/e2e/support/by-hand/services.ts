/** Services, their sidecars and a gateway as a person sets them up, in bash. */
import { readFileSync } from "node:fs";
import { ssh } from "../../../../lab";

export interface HandService {
  name: string;
  port: number;
  /** Envoy's admin port. */
  admin: number;
  /** Service that it hands requests on to, and the local port of it. @default answers itself */
  calls?: [string, number];
  /** @default 127.0.0.1 */
  address?: string;
  /** Name of the unit; the sidecar's is this and `-sidecar-proxy`. @default the name */
  unit?: string;
  /** Name of the definition. @default the name */
  file?: string;
  /** @default the name */
  id?: string;
}

const PORTS_OFF = "-redirect-port disabled -grpc-port disabled -tcp-port disabled -udp-port disabled";

/** Files, units and registration of one service, in bash, by a person. */
export function scriptOf(service: HandService, locked: boolean): string {
  const { name, port, admin, calls, address = "127.0.0.1", unit = name, file = name, id = name } = service;
  const listen = calls
    ? `-http-port disabled -M "${address}:${port} http://127.0.0.1:${calls[1]}"`
    : `-http-port ${address}:${port}`;
  const upstreams = calls ? `upstreams = [{ destination_name = "${calls[0]}", local_bind_port = ${calls[1]} }]` : "";
  const token = locked ? `token = "$token"` : "";
  const sidecar = unit === name ? `${name}-sidecar-proxy` : `${unit}-envoy`;
  return `set -e
${locked ? tokenFor(`-service-identity ${name}`) : ""}
cat >/etc/consul.d/${file}.hcl <<HCL
service {
  name = "${name}"
  id   = "${id}"
  port = ${port}
  address = "${address === "127.0.0.1" ? "" : address}"
  ${token}
  check { tcp = "${address}:${port}", interval = "2s", timeout = "1s" }
  connect { sidecar_service { proxy { ${upstreams} } } }
}
HCL
cat >/etc/systemd/system/${unit}.service <<'UNIT'
[Unit]
Description=${name}, by hand
[Service]
ExecStart=/usr/local/bin/fortio-by-hand server ${listen} ${PORTS_OFF}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
UNIT
cat >/etc/systemd/system/${sidecar}.service <<UNIT
[Unit]
Description=Envoy of ${name}, by hand
After=consul.service
[Service]
${locked ? "Environment=CONSUL_HTTP_TOKEN=$token" : ""}
ExecStart=/usr/local/bin/consul connect envoy -sidecar-for ${id} -admin-bind 127.0.0.1:${admin} -ignore-envoy-compatibility ${xds(locked)}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now --quiet ${unit}
consul reload >/dev/null
systemctl enable --now --quiet ${sidecar}
`;
}

/** The seed's gateway on the server. */
export function gatewayScript(otherNames: boolean, locked: boolean): string {
  const unit = otherNames ? "edge-envoy" : "ingress-gateway";
  return `set -e
${locked ? tokenFor("-service-identity ingress-gateway -policy-name everything-read") : ""}
cat >/etc/consul.d/ingress_gateway.hcl <<HCL
service {
  name = "ingress-gateway"
  kind = "ingress-gateway"
  ${locked ? `token = "$token"` : ""}
}
HCL
cat >/etc/systemd/system/${unit}.service <<UNIT
[Unit]
After=consul.service
[Service]
${locked ? "Environment=CONSUL_HTTP_TOKEN=$token" : ""}
ExecStart=/usr/local/bin/consul connect envoy -gateway=ingress -proxy-id ingress-gateway -ignore-envoy-compatibility -admin-bind 127.0.0.1:19900 ${xds(locked)}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
consul reload >/dev/null
systemctl enable --now --quiet ${unit}
`;
}

/** How a person's Envoy reaches the agent. */
const xds = (locked: boolean): string =>
  locked ? "-grpc-addr https://127.0.0.1:8503 -grpc-ca-file /etc/consul.d/tls/ca.pem" : "-grpc-addr 127.0.0.1:8502";

const tokenFor = (rights: string): string =>
  `token=$(consul acl token create -format=json ${rights} | jq -r .SecretID)`;

/** The program that the services of this mesh run. */
export async function copyProgram(node: string): Promise<void> {
  const to = "base64 -d >/usr/local/bin/fortio-by-hand && chmod 755 /usr/local/bin/fortio-by-hand";
  const { exitCode, stderr } = await ssh(node, to, readFileSync("lab/bin/fortio").toString("base64"));
  if (exitCode !== 0) throw new Error(`fortio cannot be copied to ${node}: ${stderr}`);
}
