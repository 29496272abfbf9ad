/** Config entries of a mesh made by hand. */

const allow = (...names: string[]) => names.map((Name) => ({ Name, Action: "allow" }));

/** The team's own, and another team's for ledger. */
export const ENTRIES = [
  { Kind: "proxy-defaults", Name: "global", Config: { protocol: "http" } },
  { Kind: "service-defaults", Name: "ledger", Protocol: "http", Meta: { team: "billing" } },
  { Kind: "service-router", Name: "ledger", Routes: [], Meta: { team: "billing" } },
  {
    Kind: "ingress-gateway",
    Name: "ingress-gateway",
    Listeners: [{ Port: 8080, Protocol: "http", Services: [{ Name: "frontend", Hosts: ["*"] }] }],
  },
  { Kind: "service-intentions", Name: "frontend", Sources: allow("ingress-gateway") },
  { Kind: "service-intentions", Name: "backend", Sources: allow("frontend") },
  { Kind: "service-intentions", Name: "ledger", Sources: allow("legacy") },
];
