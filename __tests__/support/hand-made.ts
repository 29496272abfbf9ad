/** The facts of a mesh that people made: the gateway on the server, frontend and backend, and another team's legacy -> ledger. */
import type { Found } from "../../adopt";
import type { CatalogueService } from "../../adopt/found";
import type { MadeByHand, MadeDefinition, MadeUnit } from "../../templates";

export function unit(name: string, command: string[], more: Partial<MadeUnit> = {}): MadeUnit {
  return {
    name,
    file: `/etc/systemd/system/${name}`,
    state: "active",
    envoy: false,
    command,
    cutArguments: [],
    sha256: "a".repeat(64),
    environment: {},
    secrets: [],
    environmentFiles: [],
    user: "",
    workingDirectory: "",
    memoryMax: 0,
    cpuQuota: 0,
    others: [],
    ...more,
  };
}

const envoy = (name: string) => unit(name, ["/usr/bin/consul", "connect", "envoy"], { envoy: true });

interface Service {
  port: number;
  calls?: [string, number];
  id?: string;
  unit?: string;
  /** A definition in a file; else it came through Consul's API. @default true */
  inFile?: boolean;
  sidecarPort?: number;
  definition?: Partial<MadeDefinition>;
  program?: Partial<MadeUnit>;
}

export function service(name: string, given: Service): { made: MadeByHand; registrations: CatalogueService[] } {
  const { port, calls, id = name, unit: stem = name, inFile = true, sidecarPort = 0, definition, program } = given;
  const file = `/etc/consul.d/${stem}.hcl`;
  const tcp = `127.0.0.1:${port}`;
  const upstream = calls && { name: calls[0], localPort: calls[1], localAddress: "", others: [] };
  const registered = calls && { DestinationName: calls[0], DestinationType: "service", LocalBindPort: calls[1] };
  const defined: MadeDefinition = {
    file,
    id,
    port,
    address: "",
    sidecar: true,
    sidecarPort,
    checks: [{ http: "", tcp, grpc: "", args: [], interval: "2s", timeout: "1s", others: [] }],
    upstreams: upstream ? [upstream] : [],
    others: [],
    ...definition,
  };
  const made: MadeByHand = {
    name,
    kind: "",
    files: inFile ? [file] : [],
    ids: [id, `${id}-sidecar-proxy`],
    shared: [],
    definitions: inFile ? [defined] : [],
    units: [
      unit(`${stem}.service`, [`/usr/local/bin/${name}`, "-listen", `127.0.0.1:${port}`], program),
      envoy(`${stem}-sidecar-proxy.service`),
    ],
  };
  const proxy = { DestinationServiceName: name, DestinationServiceID: id, Upstreams: registered ? [registered] : [] };
  return {
    made,
    registrations: [
      { ID: id, Service: name, Port: port },
      {
        ID: `${id}-sidecar-proxy`,
        Service: `${name}-sidecar-proxy`,
        Kind: "connect-proxy",
        Port: sidecarPort || 21_000,
        Proxy: proxy,
      },
    ],
  };
}

const gateway: MadeByHand = {
  name: "ingress-gateway",
  kind: "ingress-gateway",
  files: ["/etc/consul.d/ingress_gateway.hcl"],
  ids: ["ingress-gateway"],
  shared: [],
  definitions: [],
  units: [envoy("ingress-gateway.service")],
};

const allow = (...names: string[]) => names.map((Name) => ({ Name, Action: "allow", Precedence: 9, Type: "consul" }));

/** @param change of the two services */
export function handMade(change: { frontend?: Partial<Service>; backend?: Partial<Service> } = {}): Found {
  const frontend = service("frontend", { port: 9001, calls: ["backend", 5000], ...change.frontend });
  const backend = service("backend", { port: 9002, ...change.backend });
  const legacy = service("legacy", { port: 9101, calls: ["ledger", 5101] });
  const ledger = service("ledger", { port: 9102 });
  return {
    ssh: { user: "root", agent: true },
    consul: {
      datacenter: "dc1",
      address: "192.0.2.10:8500",
      tls: false,
      acl: false,
      gossipEncryption: false,
      members: [
        { name: "server1", address: "192.0.2.10", role: "server", alive: true },
        { name: "worker1", address: "192.0.2.11", role: "worker", alive: true },
        { name: "worker2", address: "192.0.2.12", role: "worker", alive: true },
        { name: "worker3", address: "192.0.2.13", role: "worker", alive: true },
      ],
      registrations: {
        server1: [{ ID: "ingress-gateway", Service: "ingress-gateway", Kind: "ingress-gateway" }],
        worker1: [...frontend.registrations, ...legacy.registrations],
        worker2: [...backend.registrations, ...ledger.registrations],
        worker3: [],
      },
      entries: [
        { Kind: "proxy-defaults", Name: "global", Config: { protocol: "http" } },
        { Kind: "service-router", Name: "ledger", Routes: [], Meta: { team: "billing" } },
        {
          Kind: "ingress-gateway",
          Name: "ingress-gateway",
          Listeners: [{ Port: 8080, Protocol: "http", Services: [{ Name: "frontend", Hosts: ["*"] }] }],
        },
        { Kind: "service-intentions", Name: "frontend", Sources: allow("ingress-gateway") },
        { Kind: "service-intentions", Name: "backend", Sources: allow("frontend") },
        { Kind: "service-intentions", Name: "ledger", Sources: allow("legacy") },
      ],
    },
    nodes: [
      { name: "server1", arch: "amd64", made: [gateway] },
      { name: "worker1", arch: "amd64", made: [frontend.made, legacy.made] },
      { name: "worker2", arch: "amd64", made: [backend.made, ledger.made] },
      { name: "worker3", arch: "amd64", made: [] },
    ],
    unseen: [],
  };
}
