/** The schema of a declaration: shapes and forms. What one part says about another is checked in `checks/`. */
import { z } from "zod";
import type { MeshDeclaration } from "../declaration";
import { addressFault, hostPortFault } from "../formats/address";
import { durationFault } from "../formats/duration";
import { hostKeyFault } from "../formats/host-key";
import { cpuFault, memoryFault } from "../formats/limits";
import { nameFault } from "../formats/name";
import {
  clustersFault,
  datacenterFault,
  entryFault,
  filledTextFault,
  sha256Fault,
  textFault,
  urlPathFault,
  userFault,
  versionFault,
} from "../formats/text";
import { SLOTS } from "../ports";
import { advice, count, field, flag, port, text } from "./fields";
import { httpHeaderName, httpMethod, regex } from "./http";

export const PROTOCOLS = ["http", "http2", "grpc", "tcp"] as const;

const API_ADDRESS = "write where Consul's HTTP API answers, for example `10.0.0.10:8501`";
const ADDRESS = "write the machine's IP address or host name, for example `10.0.0.12`";
const HOST_KEY =
  "write the machine's public key as `cat /etc/ssh/ssh_host_ed25519_key.pub` prints it: `ssh-ed25519 AAAA...`";
const KEY_FILE = "write the path of a private key file, from the project's folder";
const SERVICE_NAME = "write a service's name";

const limits = {
  memoryMax: text("write the most memory that it may take, for example `512M`", memoryFault).optional(),
  cpuQuota: text("write percent of one processor, for example `50%`", cpuFault).optional(),
};

const protocol = field(z.enum(PROTOCOLS), "write `http`, `http2`, `grpc` or `tcp`");
const action = field(z.enum(["allow", "deny"]), "write `allow` or `deny`");
const runsOn = field(
  z.array(text("write a node's name", () => undefined)),
  'list the worker nodes to run on, for example `runsOn: ["worker1"]`',
);

const bastion = z.strictObject({
  host: text("write the bastion's IP address or host name", addressFault),
  hostKey: text(HOST_KEY, hostKeyFault),
  user: text("write a login name, for example `root`", userFault).optional(),
  port: port("write the bastion's ssh port, or leave it out for 22").optional(),
  privateKeyFile: text(KEY_FILE, filledTextFault).optional(),
});

const ssh = z.strictObject({
  user: text("write a login name, for example `root`", userFault).optional(),
  privateKeyFile: text(KEY_FILE, filledTextFault).optional(),
  agent: flag().optional(),
  port: port("write the ssh port, or leave it out for 22").optional(),
  bastion: field(bastion, "write `{ host, hostKey }`").optional(),
});
advice.add(ssh, {
  remedy: 'say how to reach the machines, for example `ssh: { user: "root", privateKeyFile: "id_ed25519" }`',
});

const node = z.strictObject({
  role: field(
    z.enum(["server", "worker"]),
    "write `server` for a Consul server or `worker` for a machine that runs services",
  ),
  address: text(ADDRESS, addressFault),
  hostKey: text(HOST_KEY, hostKeyFault),
  arch: field(
    z.enum(["amd64", "arm64"]),
    "write what `uname -m` says on the node: `amd64` for x86_64, `arm64` for aarch64; or leave it out for `amd64`",
  ).optional(),
  ssh: ssh.optional(),
  retired: flag().optional(),
});

const SECRET =
  'write `{ API_KEY: { version: "1" } }`; the value belongs into the mesh\'s secrets, see `npm run secrets`';
const secret = z.strictObject({
  version: text('write a text that changes with the value, for example `"1"`', versionFault),
});

const run = z.strictObject({
  binary: text("write the path of an executable file, from the project's folder", filledTextFault),
  sha256: text("write what `sha256sum` says of the binary", sha256Fault).optional(),
  args: field(
    z.array(text("write a string", textFault)),
    'write a list of strings, for example `["-listen", "9001"]`',
  ).optional(),
  env: field(
    z.record(z.string(), text("write a string", textFault)),
    'write an object of strings, for example `{ LOG: "info" }`',
  ).optional(),
  secrets: field(z.record(z.string(), field(secret, SECRET)), SECRET).optional(),
});

const health = z.strictObject({
  http: text("write the path to GET, for example `/health`", urlPathFault).optional(),
  tcp: field(z.literal(true), "write `tcp: true`, or leave it out").optional(),
  grpc: text('write the gRPC service to ask for, or `""` for the whole server', textFault).optional(),
  script: field(
    z.array(text("write a string", textFault)),
    'write command and arguments, for example `["/usr/local/bin/check"]`',
  ).optional(),
  interval: text("write a length of time, for example `2s`", durationFault).optional(),
  timeout: text("write a length of time, for example `1s`", durationFault).optional(),
});

const upstream = z.strictObject({
  localPort: port("choose a free port at which the caller finds the upstream on 127.0.0.1, for example 5000"),
});

const service = z.strictObject({
  runsOn,
  port: port("write the port at which the program listens on 127.0.0.1, for example 9001"),
  protocol,
  run: field(run, 'say what to run, for example `run: { binary: "bin/web" }`'),
  health: field(health, "write one of `http`, `tcp`, `grpc` or `script`, or leave it out for a TCP check").optional(),
  upstreams: field(
    z.record(z.string(), field(upstream, "write `{ localPort: 5000 }`")),
    "write `{ <service>: { localPort: 5000 } }`",
  ).optional(),
  ...limits,
});

const listenerService = z.strictObject({
  name: text(SERVICE_NAME, () => undefined),
  hosts: field(
    z.array(text("write a host name or `*`", () => undefined)),
    'write a list of host names, for example `["*"]`',
  ).optional(),
});

const listenerTls = z.strictObject({
  minVersion: field(z.enum(["TLSv1_2", "TLSv1_3"]), "write `TLSv1_2` or `TLSv1_3`").optional(),
  sds: field(
    z.strictObject({
      clusterName: text("name a cluster of `extraStaticClustersJson`", filledTextFault),
      certResource: text("name the certificate as the service of `clusterName` does", filledTextFault),
    }),
    "write `{ clusterName, certResource }`",
  ).optional(),
});

const listener = z.strictObject({
  port: port("write the port at which the gateway listens, for example 8080"),
  protocol,
  tls: field(
    z.preprocess((value) => (typeof value === "boolean" ? {} : value), listenerTls),
    'write `true`, `false` or `{ minVersion: "TLSv1_3" }`',
  ).optional(),
  services: field(
    z.array(field(listenerService, "write `{ name: <service> }`")),
    "list the services behind this listener: `[{ name: <service> }]`",
  ),
});

const gateway = z.strictObject({
  runsOn,
  listeners: field(
    z.array(field(listener, "write `{ port, protocol, services }`")),
    "list the listeners; `[]` runs a gateway that routes nothing yet",
  ),
  ...limits,
  extraStaticClustersJson: text("write Envoy's clusters as JSON", clustersFault).optional(),
});

const headerPermission = z.strictObject({
  name: httpHeaderName,
  present: field(z.literal(true), "write `present: true`, or leave it out").optional(),
  exact: text("write a string", filledTextFault).optional(),
  prefix: text("write a string", filledTextFault).optional(),
  suffix: text("write a string", filledTextFault).optional(),
  contains: text("write a string", filledTextFault).optional(),
  regex: regex.optional(),
  ignoreCase: flag().optional(),
  invert: flag().optional(),
});

const permission = z.strictObject({
  action,
  http: field(
    z.strictObject({
      pathExact: text("write a path that begins with `/`", urlPathFault).optional(),
      pathPrefix: text("write a path that begins with `/`", urlPathFault).optional(),
      pathRegex: regex.optional(),
      methods: field(z.array(httpMethod), 'write a list of methods, for example `["GET"]`').optional(),
      header: field(z.array(headerPermission), "write a list of header matches").optional(),
    }),
    'write what must match, for example `http: { methods: ["GET"], pathPrefix: "/" }`',
  ),
});

const intention = z.strictObject({
  source: text("write the name of a service or gateway, or `*`", () => undefined),
  destination: text("write the name of a service, or `*`", () => undefined),
  action: action.optional(),
  permissions: field(z.array(permission), "write a list of permissions").optional(),
});

const configEntry = z.looseObject({
  kind: text('write the kind of config entry, for example `"service-router"`', () => undefined),
  name: text("write the config entry's name", () => undefined),
});

const names = (what: string) =>
  field(
    z.array(text(`write ${what}`, filledTextFault)),
    `write a list of ${what.replace(/^an? /, "")}s, or leave it out`,
  );

const takeOver = z.strictObject({
  services: names("a service's name").optional(),
  gateways: names("a gateway's name").optional(),
  letGo: names("a gateway's name").optional(),
  configEntries: field(
    z.array(text("write kind and name, for example `ingress-gateway/edge`", entryFault)),
    'write a list, for example `["ingress-gateway/edge"]`, or leave it out',
  ).optional(),
});

/** Of config entries only kind and name are looked at here: their fields depend on the kind. */
type Shape = Omit<MeshDeclaration, "configEntries"> & { configEntries?: { kind: string; name: string }[] };

/** A range of a thousand begins there, above what only root may take. */
const firstPort = count(1024, 65_536 - SLOTS);

/** A whole declaration. Names are keys here, so they are checked in `checks/names.ts`. */
export const declarationSchema = field(
  z.strictObject({
    name: text("name the mesh, for example `lab`", nameFault),
    consul: field(
      z.strictObject({
        datacenter: text("write Consul's datacenter, for example `dc1`", datacenterFault),
        address: text(API_ADDRESS, hostPortFault).optional(),
        addresses: field(
          z.array(text(API_ADDRESS, hostPortFault)),
          'write a list, for example `["10.0.0.10:8501", "10.0.0.20:8501"]`, or leave it out',
        ).optional(),
        existing: flag().optional(),
        owns: field(
          z.array(
            field(
              z.enum(["proxy-defaults", "default-deny", "mesh"]),
              "write `proxy-defaults`, `default-deny` or `mesh`",
            ),
          ),
          'write a list, for example `["default-deny"]`, or leave it out',
        ).optional(),
        acl: flag().optional(),
        tls: flag().optional(),
        gossipEncryption: flag().optional(),
      }),
      'write `consul: { datacenter: "dc1", address: "10.0.0.10:8501" }`',
    ),
    ssh,
    nodes: field(
      z.record(z.string(), field(node, "write `{ role, address, hostKey }`")),
      "list the machines: `nodes: { server1: { role, address, hostKey } }`",
    ),
    services: field(
      z.record(z.string(), field(service, "write `{ runsOn, port, protocol, run }`")),
      "write an object of services by name",
    ).optional(),
    gateways: field(
      z.record(z.string(), field(gateway, "write `{ runsOn, listeners }`")),
      "write an object of gateways by name",
    ).optional(),
    intentions: field(
      z.array(field(intention, "write `{ source, destination, action }`")),
      "write a list of intentions",
    ).optional(),
    configEntries: field(
      z.array(field(configEntry, "write `{ kind, name, ... }`")),
      "write a list of config entries",
    ).optional(),
    ports: field(
      z.strictObject({ admin: firstPort.optional(), sidecars: firstPort.optional() }),
      "write the first port of each range, for example `{ admin: 20000, sidecars: 22000 }`",
    ).optional(),
    takeOver: field(takeOver, 'write what to take over, for example `{ services: ["web"] }`').optional(),
  }),
  "export one object with `name`, `consul`, `ssh` and `nodes`: `export default defineMesh({ ... })`",
) satisfies z.ZodType<Shape>;
