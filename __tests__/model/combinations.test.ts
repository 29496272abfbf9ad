/** Wrong combinations of fields: the compiler refuses them while a person writes, and the checks refuse them in a plain object. */
import type {
  ConfigEntryDeclaration,
  ConsulDeclaration,
  FailoverDeclaration,
  HeaderPermissionDeclaration,
  HealthDeclaration,
  HttpPermissionDeclaration,
  IntentionDeclaration,
  LoadBalancerDeclaration,
  RouteMatchDeclaration,
} from "../../model";
import { type Draft, edited, problemsOf } from "../support/shop";

/** The only problem's path and reason after an edit. */
function refusal(edit: (declaration: Draft) => void): string {
  const [problem, ...more] = problemsOf(edited(edit));
  expect(more).toEqual([]);
  return `${problem?.path}: ${problem?.reason}`;
}

test("Consul has an address", () => {
  // @ts-expect-error: none
  const consul: ConsulDeclaration = { datacenter: "dc1" };
  expect(refusal((declaration) => Object.assign(declaration, { consul }))).toMatch(/^consul.address: .*no address/);
  const several: ConsulDeclaration = { datacenter: "dc1", addresses: ["10.0.0.10:8501"] };
  expect(problemsOf(edited((declaration) => Object.assign(declaration, { consul: several })))).toEqual([]);
});

describe("a health check", () => {
  const checked = (health: HealthDeclaration) =>
    refusal((declaration) => {
      declaration.services.frontend.health = health;
    });

  test("is of one kind", () => {
    // @ts-expect-error: two kinds
    const two: HealthDeclaration = { http: "/health", tcp: true };
    expect(checked(two)).toMatch(/health: http and tcp are given/);
  });

  test("is of a kind", () => {
    // @ts-expect-error: no kind
    const none: HealthDeclaration = { interval: "5s" };
    expect(checked(none)).toMatch(/health: it is not said what to check/);
  });

  test("of each kind compiles", () => {
    const all: HealthDeclaration[] = [
      { http: "/health", interval: "5s" },
      { tcp: true },
      { grpc: "", timeout: "2s" },
      { script: ["/usr/local/bin/check"], tcp: undefined },
    ];
    for (const health of all)
      expect(problemsOf(edited((draft) => Object.assign(draft.services.frontend, { health })))).toEqual([]);
  });
});

describe("an intention", () => {
  const intended = (intention: IntentionDeclaration) =>
    refusal((declaration) => {
      declaration.intentions = [intention];
    });
  const ends = { source: "backend", destination: "frontend" };

  test("has an action or permissions", () => {
    // @ts-expect-error: both
    const both: IntentionDeclaration = { ...ends, action: "allow", permissions: [] };
    expect(intended(both)).toMatch(/exclude each other/);
  });

  test("has an effect", () => {
    // @ts-expect-error: neither
    const neither: IntentionDeclaration = { ...ends };
    expect(intended(neither)).toMatch(/not said what the intention does/);
  });
});

describe("a permission", () => {
  const permitted = (http: HttpPermissionDeclaration) =>
    refusal((declaration) => {
      declaration.intentions = [
        { source: "backend", destination: "frontend", permissions: [{ action: "allow", http }] },
      ];
    });
  const withHeader = (header: HeaderPermissionDeclaration) => permitted({ header: [header] });

  test("names one path", () => {
    // @ts-expect-error: two paths
    const two: HttpPermissionDeclaration = { pathExact: "/a", pathPrefix: "/a" };
    expect(permitted(two)).toMatch(/pathExact and pathPrefix exclude one another/);
  });

  test("matches a header in one way", () => {
    // @ts-expect-error: two ways
    const two: HeaderPermissionDeclaration = { name: "x-tenant", exact: "a", prefix: "b" };
    expect(withHeader(two)).toMatch(/exact and prefix exclude one another/);
    // @ts-expect-error: no way
    const none: HeaderPermissionDeclaration = { name: "x-tenant" };
    expect(withHeader(none)).toMatch(/not said how to match/);
  });

  test("ignores the case of texts alone", () => {
    // @ts-expect-error: of a regular expression
    const regex: HeaderPermissionDeclaration = { name: "x-tenant", regex: "a.*", ignoreCase: true };
    expect(withHeader(regex)).toMatch(/ignoreCase/);
  });
});

describe("a route", () => {
  const routed = (http: RouteMatchDeclaration) =>
    refusal((declaration) => {
      declaration.configEntries = [{ kind: "service-router", name: "frontend", routes: [{ match: { http } }] }];
    });

  test("names one path", () => {
    // @ts-expect-error: two paths
    const two: RouteMatchDeclaration = { pathPrefix: "/a", pathRegex: "/a.*" };
    expect(routed(two)).toMatch(/pathPrefix and pathRegex exclude one another/);
  });

  test("matches a header and a parameter in one way", () => {
    // @ts-expect-error: two ways
    const header: RouteMatchDeclaration = { header: [{ name: "x-tenant", present: true, exact: "a" }] };
    expect(routed(header)).toMatch(/present and exact exclude one another/);
    // @ts-expect-error: no way
    const parameter: RouteMatchDeclaration = { queryParam: [{ name: "tenant" }] };
    expect(routed(parameter)).toMatch(/not said how to match/);
  });
});

describe("a resolver", () => {
  const resolved = (entry: ConfigEntryDeclaration) =>
    refusal((declaration) => {
      declaration.configEntries = [entry];
    });
  const balanced = (loadBalancer: LoadBalancerDeclaration) =>
    resolved({ kind: "service-resolver", name: "frontend", loadBalancer });

  test("redirects or fails over", () => {
    const entry: ConfigEntryDeclaration = {
      kind: "service-resolver",
      name: "frontend",
      redirect: { service: "backend" },
      // @ts-expect-error: both
      failover: { "*": { service: "backend" } },
    };
    expect(resolved(entry)).toMatch(/exclude each other/);
  });

  test("fails over to one place or to several", () => {
    // @ts-expect-error: both
    const failover: FailoverDeclaration = { service: "backend", targets: [{ service: "backend" }] };
    expect(resolved({ kind: "service-resolver", name: "frontend", failover: { "*": failover } })).toMatch(
      /exclude each other/,
    );
  });

  test("has the settings of its policy", () => {
    // @ts-expect-error: of another policy
    const other: LoadBalancerDeclaration = { policy: "maglev", ringHashConfig: { minimumRingSize: 100 } };
    expect(balanced(other)).toMatch(/belongs to the policy `ring_hash`/);
  });

  test("hashes a field or the caller's address", () => {
    const both: LoadBalancerDeclaration = {
      policy: "maglev",
      // @ts-expect-error: both
      hashPolicies: [{ field: "header", fieldValue: "x-tenant", sourceIP: true }],
    };
    expect(balanced(both)).toMatch(/the source address or a field, not both/);
  });
});
