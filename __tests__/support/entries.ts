/** A config entry as it is written: `config` becomes config_json. */
export interface Entry {
  kind: string;
  name: string;
  config: Record<string, unknown>;
}

const serviceDefaults = (name: string): Entry => ({
  kind: "service-defaults",
  name,
  config: { Protocol: "http", Expose: {}, MeshGateway: {}, TransparentProxy: {} },
});

const l7Permission = {
  Action: "allow",
  HTTP: {
    PathPrefix: "/api",
    Header: [{ Name: "x-role", Exact: "admin" }],
    Methods: ["GET", "POST"],
  },
};

/** Every kind that a mesh uses, in the canonical form that plans clean, each after those that it needs. */
export const ENTRIES: Entry[] = [
  {
    kind: "proxy-defaults",
    name: "global",
    config: { AccessLogs: {}, Config: { protocol: "http" }, Expose: {}, MeshGateway: {}, TransparentProxy: {} },
  },
  serviceDefaults("frontend"),
  serviceDefaults("backend"),
  {
    kind: "ingress-gateway",
    name: "ingress-gateway",
    config: {
      TLS: { Enabled: false },
      Listeners: [{ Port: 8080, Protocol: "http", Services: [{ Name: "frontend", Hosts: null }] }],
    },
  },
  {
    kind: "service-intentions",
    name: "*",
    config: { Sources: [{ Name: "*", Action: "deny", Type: "consul", Precedence: 5 }] },
  },
  {
    kind: "service-intentions",
    name: "backend",
    config: {
      Sources: [
        { Name: "frontend", Type: "consul", Precedence: 9, Permissions: [l7Permission] },
        { Name: "*", Action: "deny", Type: "consul", Precedence: 8 },
      ],
    },
  },
  {
    kind: "service-resolver",
    name: "backend",
    config: { ConnectTimeout: "5s", DefaultSubset: "v1", Subsets: { v1: { Filter: "Service.Meta.version == v1" } } },
  },
  {
    kind: "service-splitter",
    name: "backend",
    config: {
      Splits: [
        { Weight: 90, ServiceSubset: "v1" },
        { Weight: 10, Service: "frontend" },
      ],
    },
  },
  {
    kind: "service-router",
    name: "frontend",
    config: {
      Routes: [
        {
          Match: { HTTP: { PathPrefix: "/admin", Header: [{ Name: "x-debug", Exact: "1" }] } },
          Destination: { Service: "backend", RequestTimeout: "3s", NumRetries: 2 },
        },
      ],
    },
  },
];

/** The resource block of an entry, under an id made of its kind and name. */
export function entryResources(entries: Entry[]): Record<string, Record<string, unknown>> {
  const ids = entries.map(idOf);
  return Object.fromEntries(
    entries.map(({ kind, name, config }, i) => {
      const after = i === 0 ? {} : { depends_on: [`consul_config_entry.${ids[i - 1]}`] };
      return [ids[i], { kind, name, config_json: JSON.stringify(config), ...after }];
    }),
  );
}

/** Terraform's name for an entry's resource. */
export function idOf({ kind, name }: Entry): string {
  return `${kind}_${name.replaceAll("*", "any")}`;
}
