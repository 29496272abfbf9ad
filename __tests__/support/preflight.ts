import { type Finding, placeText } from "../../findings";
import type { Mesh } from "../../model";
import { type Facts, readFacts } from "../../nodes";
import type { Look } from "../../preflight/judge";
import { type Plan, planFor } from "../../preflight/plan";
import { instanceOf, mesh, service } from "./parts";

export const MiB = 1024 * 1024;

/** Where the fixture's own agents run already: a mesh without a `cluster` stack, a frontend on worker1. */
export const shop: Mesh = mesh({
  consul: {
    datacenter: "dc1",
    address: "10.77.0.10:8500",
    addresses: ["10.77.0.10:8500"],
    existing: true,
    owns: [],
    acl: true,
    tls: true,
    gossipEncryption: true,
    openDns: false,
    wanGossip: false,
  },
  instances: [instanceOf(service({ upstreams: [{ name: "backend", localPort: 5000 }] }))],
});

/** The plan for a node; its binary has 100 MiB. */
export function planOf(name: string, of: Mesh = shop): Plan {
  const node = of.nodes.find((one) => one.name === name);
  if (!node) throw new Error(`no node ${name}`);
  return planFor(of, node, { size: () => 100 * MiB, interpreter: () => undefined, processor: () => undefined });
}

const self = JSON.stringify({
  Config: { Datacenter: "dc1", NodeName: "worker1", Version: "1.22.7" },
  xDS: { SupportedProxies: { envoy: ["1.35.9", "1.34.13"] } },
});

/** A worker where all is well, as gatehouse-node tells it. */
export const healthy = [
  "clock\t1000.250000000",
  "user\t0",
  "arch\tx86_64",
  "controllers\tcpuset cpu io memory pids",
  "home\t/root\t700 root root",
  "version\tconsul\t1.22.7",
  "version\tenvoy\t1.35.9",
  "init\tsystemd",
  "systemd\t252\trunning",
  `disk\t/opt/gatehouse\t1048673\t${2048 * 1024}\t16777216 16049345`,
  `disk\t/tmp\t7\t${512 * 1024}\t0 0`,
  `agent\t200\t${self}`,
  "leader\t10.77.0.10:8300",
  "xds\t8503\ttls\t/etc/consul.d/ca.pem\tof worker1\t",
  "unit\tId=consul.service",
  "unit\tActiveState=active",
  "unit\tFragmentPath=/etc/systemd/system/consul.service",
  "unit\t",
  "unit\tId=frontend.service",
  "unit\tActiveState=inactive",
  "unit\tFragmentPath=",
  "end",
].join("\n");

export function facts(changes: Partial<Facts> = {}): Facts {
  const read = readFacts(healthy);
  if (!read) throw new Error("cannot read the fixture");
  return { ...read, ...changes };
}

/** A look that took from second 1000 to second 1001. */
export function lookAt(name: string, changes: Partial<Facts> = {}, of: Mesh = shop): Look {
  return { plan: planOf(name, of), facts: facts(changes), began: 1_000_000, ended: 1_001_000 };
}

/** "problem: worker1: clock", one a finding. */
export const heads = (findings: Finding[]): string[] =>
  findings.map(({ severity, where }) => `${severity}: ${placeText(where)}`);
