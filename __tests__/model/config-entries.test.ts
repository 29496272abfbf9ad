import { type Draft, edited, fullDeclaration, meshOf } from "../support/shop";

const entry = (declaration: unknown, kind: string, name: string) =>
  entriesOf(declaration).find((found) => found.kind === kind && found.name === name)?.config;

/** Without the mark, which every entry has. */
function entriesOf(declaration: unknown) {
  return meshOf(declaration).configEntries.map(({ config: { Meta, ...config }, ...entry }) => {
    const { "gatehouse-mesh": mark, ...meta } = Meta as Record<string, string>;
    expect(mark).toBe("shop");
    return { ...entry, config: Object.keys(meta).length > 0 ? { Meta: meta, ...config } : config };
  });
}

const allow = (Name: string, Precedence = 9) => ({ Name, Action: "allow", Precedence, Type: "consul" });
const deny = (Name: string, Precedence = 9) => ({ Name, Action: "deny", Precedence, Type: "consul" });

const PassiveHealthCheck = {
  Interval: 1_000_000_000,
  MaxFailures: 3,
  MaxEjectionPercent: 50,
  BaseEjectionTime: 3_000_000_000,
};
const Defaults = { MaxConnections: 0, MaxPendingRequests: 0, MaxConcurrentRequests: 0, PassiveHealthCheck };

describe("config entries", () => {
  it("are these, in this order and form", () => {
    expect(entriesOf(fullDeclaration())).toEqual([
      {
        kind: "proxy-defaults",
        name: "global",
        config: { AccessLogs: {}, Config: { protocol: "http" }, Expose: {}, MeshGateway: {}, TransparentProxy: {} },
      },
      ...[
        ["frontend", "http"],
        ["backend", "http"],
        ["store", "tcp"],
      ].map(([name, Protocol]) => ({
        kind: "service-defaults",
        name,
        config: {
          Protocol,
          Expose: {},
          MeshGateway: {},
          TransparentProxy: {},
          UpstreamConfig: { Defaults: { Peer: "", PassiveHealthCheck, MeshGateway: {} } },
        },
      })),
      { kind: "service-intentions", name: "*", config: { Sources: [deny("*", 5)] } },
      { kind: "service-intentions", name: "frontend", config: { Sources: [allow("edge")] } },
      { kind: "service-intentions", name: "backend", config: { Sources: [allow("frontend")] } },
      {
        kind: "ingress-gateway",
        name: "edge",
        config: {
          TLS: { Enabled: false },
          Listeners: [{ Port: 8080, Protocol: "http", Services: [{ Name: "frontend", Hosts: ["shop.example.org"] }] }],
          Defaults,
        },
      },
    ]);
  });

  it("put declared entries between intentions and gateways, resolver before splitter before router", () => {
    const kinds = meshOf(
      edited((d) => {
        d.configEntries = [
          { kind: "mesh", name: "mesh" },
          { kind: "service-router", name: "frontend", routes: [] },
          { kind: "service-splitter", name: "frontend", splits: [{ weight: 100 }] },
          { kind: "service-resolver", name: "frontend" },
        ];
      }),
    ).configEntries.map(({ kind }) => kind);
    expect(kinds.slice(-6)).toEqual([
      "service-intentions",
      "service-resolver",
      "service-splitter",
      "service-router",
      "mesh",
      "ingress-gateway",
    ]);
  });

  it("make paths unambiguous where a permission names one, unless a declared entry says otherwise", () => {
    const permitting = (http: object, ...entries: object[]) =>
      entry(
        edited((d) => {
          d.intentions = [{ source: "frontend", destination: "backend", permissions: [{ action: "allow", http }] }];
          d.configEntries = entries;
        }),
        "mesh",
        "mesh",
      );
    expect(permitting({ pathPrefix: "/debug" })).toMatchObject({
      HTTP: {
        Incoming: { RequestNormalization: { MergeSlashes: true, PathWithEscapedSlashesAction: "REJECT_REQUEST" } },
      },
    });
    expect(permitting({ methods: ["GET"] })).toBeUndefined();
    const own = { kind: "mesh", name: "mesh", http: { sanitizeXForwardedClientCert: true } };
    expect(permitting({ pathPrefix: "/debug" }, own)).toEqual({ HTTP: { SanitizeXForwardedClientCert: true } });
  });

  it("put a resolver after the one whose subset it names", () => {
    const declaration = edited((d) => {
      d.configEntries = [
        { kind: "service-resolver", name: "frontend", redirect: { service: "backend", serviceSubset: "v1" } },
        { kind: "service-resolver", name: "backend", subsets: { v1: {} } },
      ];
    });
    const resolvers = meshOf(declaration).configEntries.filter(({ kind }) => kind === "service-resolver");
    expect(resolvers.map(({ name }) => name)).toEqual(["backend", "frontend"]);
  });

  it("name Hosts as null where none are declared, and Listeners as [] where there are none", () => {
    const routed = edited((d) => delete d.gateways.edge.listeners[0].services[0].hosts);
    expect(entry(routed, "ingress-gateway", "edge")).toMatchObject({
      Listeners: [{ Services: [{ Name: "frontend", Hosts: null }] }],
    });
    const bare = edited((d) => (d.gateways.edge.listeners = []));
    expect(entry(bare, "ingress-gateway", "edge")).toEqual({ TLS: { Enabled: false }, Listeners: [], Defaults });
  });

  it("have Consul's spelling, and a person's data as it was written", () => {
    const declaration = edited((d) => {
      d.configEntries = [
        {
          kind: "service-router",
          name: "frontend",
          meta: { my_key: "x" },
          routes: [
            {
              match: { http: { pathPrefix: "/a", queryParam: [{ name: "q", present: true }], methods: ["GET"] } },
              destination: { service: "backend", prefixRewrite: "/", requestHeaders: { add: { "x-in": "1" } } },
            },
          ],
        },
        {
          kind: "service-resolver",
          name: "backend",
          subsets: { v1: { onlyPassing: true } },
          failover: { v1: { service: "frontend" } },
          loadBalancer: { policy: "maglev", hashPolicies: [{ sourceIP: true }] },
        },
        {
          kind: "service-defaults",
          name: "elsewhere",
          externalSNI: "a.b",
          envoyExtensions: [{ name: "builtin/lua", arguments: { proxyType: "x", Script_1: "y" } }],
          upstreamConfig: { defaults: { passiveHealthCheck: { enforcingConsecutive5xx: 1 } } },
        },
      ];
    });
    expect(entry(declaration, "service-router", "frontend")).toEqual({
      Meta: { my_key: "x" },
      Routes: [
        {
          Match: { HTTP: { PathPrefix: "/a", QueryParam: [{ Name: "q", Present: true }], Methods: ["GET"] } },
          Destination: { Service: "backend", PrefixRewrite: "/", RequestHeaders: { Add: { "x-in": "1" } } },
        },
      ],
    });
    expect(entry(declaration, "service-resolver", "backend")).toEqual({
      Subsets: { v1: { OnlyPassing: true } },
      Failover: { v1: { Service: "frontend" } },
      LoadBalancer: { Policy: "maglev", HashPolicies: [{ SourceIP: true }] },
    });
    expect(entry(declaration, "service-defaults", "elsewhere")).toEqual({
      Expose: {},
      MeshGateway: {},
      TransparentProxy: {},
      ExternalSNI: "a.b",
      EnvoyExtensions: [{ Name: "builtin/lua", Arguments: { proxyType: "x", Script_1: "y" } }],
      UpstreamConfig: { Defaults: { PassiveHealthCheck: { EnforcingConsecutive5xx: 1 } } },
    });
  });
});

describe("intentions", () => {
  const sources = (edit: (d: Draft) => void, destination: string) =>
    entry(edited(edit), "service-intentions", destination)?.Sources;

  it("allow every declared edge and nothing else", () => {
    expect(entry(fullDeclaration(), "service-intentions", "store")).toBeUndefined();
    expect(sources(() => undefined, "*")).toEqual([deny("*", 5)]);
  });

  it("allow a gateway with `*` to call every service of the listener's protocol", () => {
    const edit = (d: Draft) => (d.gateways.edge.listeners[0].services = [{ name: "*" }]);
    expect(sources(edit, "backend")).toEqual([allow("edge"), allow("frontend")]);
    expect(sources(edit, "frontend")).toEqual([allow("edge")]);
    expect(sources(edit, "store")).toBeUndefined();
  });

  it("are sorted by precedence, then by name, and a declared one wins over a derived one", () => {
    const edit = (d: Draft) => {
      d.intentions = [
        { source: "*", destination: "backend", action: "allow" },
        { source: "store", destination: "backend", action: "allow" },
        { source: "frontend", destination: "backend", action: "deny" },
        { source: "store", destination: "*", action: "allow" },
      ];
    };
    expect(sources(edit, "backend")).toEqual([deny("frontend"), allow("store"), allow("*", 8)]);
    expect(sources(edit, "*")).toEqual([allow("store", 6), deny("*", 5)]);
  });

  it("carry permissions without an action", () => {
    const http = {
      pathRegex: "/v[12]",
      methods: ["GET", "PUT"],
      header: [
        { name: "x-a", exact: "B", ignoreCase: true, invert: false },
        { name: "x-b", present: true, invert: true },
      ],
    };
    const permissions = [
      { action: "deny", http: { pathExact: "/admin" } },
      { action: "allow", http },
    ];
    const edit = (d: Draft) => (d.intentions = [{ source: "frontend", destination: "backend", permissions }]);
    expect(sources(edit, "backend")).toEqual([
      {
        Name: "frontend",
        Permissions: [
          { Action: "deny", HTTP: { PathExact: "/admin" } },
          {
            Action: "allow",
            HTTP: {
              PathRegex: "/v[12]",
              Header: [
                { Name: "x-a", Exact: "B", IgnoreCase: true },
                { Name: "x-b", Present: true, Invert: true },
              ],
              Methods: ["GET", "PUT"],
            },
          },
        ],
        Precedence: 9,
        Type: "consul",
      },
    ]);
  });

  it("follow a call to wherever routers, splitters and resolvers may send it", () => {
    const edit = (d: Draft) => {
      d.services.backend2 = { ...d.services.backend, port: 9012 };
      d.services.backend3 = { ...d.services.backend, port: 9013 };
      d.configEntries = [
        { kind: "service-splitter", name: "backend", splits: [{ weight: 90 }, { weight: 10, service: "backend2" }] },
        { kind: "service-resolver", name: "backend2", failover: { "*": { targets: [{ service: "backend3" }] } } },
      ];
    };
    for (const name of ["backend", "backend2", "backend3"]) expect(sources(edit, name)).toEqual([allow("frontend")]);
    expect(sources(edit, "frontend")).toEqual([allow("edge")]);
  });
});
