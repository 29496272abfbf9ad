/** A mesh, and what its nodes would tell if everything were as declared. */
import { edgesOf } from "../../doctor/edges";
import { type Expected, expectedOn } from "../../doctor/expected";
import { compareNode } from "../../doctor/node";
import { hasEnvoy, layout, type Mesh } from "../../model";
import type { AgentService, NodeReport, UnitReport } from "../../nodes";
import { declaration, meshOf } from "./shop";

/** A version of gatehouse-node. */
export const VERSION = "0123456789ab";

export const mesh: Mesh = meshOf(declaration());

/** The declared state of a node of `mesh`. */
export function expectedNode(name: string, of: Mesh = mesh): Expected {
  const node = of.nodes.find((one) => one.name === name);
  if (!node) throw new Error(`no node ${name}`);
  return expectedOn(of, node);
}

/** The report of a node that is as declared. */
export function healthyReport(expected: Expected, of: Mesh = mesh): NodeReport {
  const { files, links, units, unpacked, node } = expected;
  const instances = expected.instances.filter(({ workload }) => hasEnvoy(workload));
  const services = instances.flatMap(({ name: id, workload, sidecarPort = 0 }): AgentService[] => {
    const Meta = { "gatehouse-mesh": of.name };
    const none = { Kind: "", Port: 0, Of: "", Mesh: of.name, Upstreams: [], Rest: { Meta } };
    if (workload.kind !== "service") {
      return [{ ...none, ID: id, Service: workload.name, Kind: "ingress-gateway" }];
    }
    const { name, port = 0, upstreams } = workload;
    const Upstreams = upstreams.map((one) => ({ DestinationName: one.name, LocalBindPort: one.localPort }));
    const sidecar = layout.sidecarOf(name);
    const proxy = {
      DestinationServiceName: name,
      DestinationServiceID: id,
      LocalServiceAddress: "127.0.0.1",
      LocalServicePort: port,
      Upstreams: Upstreams.map((one) => ({ DestinationType: "service", ...one, MeshGateway: {} })),
      MeshGateway: {},
      Expose: {},
    };
    return [
      { ...none, ID: id, Service: name, Port: port },
      {
        ...none,
        ID: layout.sidecarOf(id),
        Service: sidecar,
        Kind: "connect-proxy",
        Port: sidecarPort,
        Of: name,
        Upstreams,
        Rest: { Meta, Proxy: proxy },
      },
    ];
  });
  return {
    version: VERSION,
    mesh: { mesh: of.name, node: node.name, role: node.role, tls: of.consul.tls },
    others: [],
    copies: [],
    files: files.map(({ path, mode, owner = "root:root", sha256 }) => ({
      path,
      type: "regular file",
      owner,
      mode,
      sha256: sha256[0] ?? "any",
    })),
    tree: [
      ...files
        .filter(({ path }) => path.startsWith(`${layout.folders.gatehouse}/`))
        .map(({ path }) => ({ path, type: "f", target: "" })),
      ...links.map(({ path, target }) => ({ path, type: "l", target })),
      ...["", `/${of.name}`, `/${of.name}/node_${node.name}`].map((below) => ({
        ...{ path: `${layout.folders.ran}${below}`, type: below.includes("node_") ? "f" : "d", target: "" },
      })),
    ],
    needed: [],
    unpacked: unpacked.map(({ sha256 }) => ({ sha256, whole: true })),
    written: files.map(({ path }) => path).filter((path) => path.startsWith("/etc/")),
    units: units.map(({ unit }) => runningUnit(unit)),
    uptime: 1000,
    processes: units.flatMap(({ unit, binary }) => (binary ? [{ unit, exe: binary.path, sha256: binary.sha256 }] : [])),
    open: [],
    services,
    checks: services.map(({ ID }) => ({ ServiceID: ID, Name: "health", Status: "passing", Output: "" })),
    leader: "10.77.0.10:8300",
    envoys: instances.map(({ name, workload, sidecarPort = 0 }) => ({
      name,
      ready: "LIVE",
      listeners:
        workload.kind === "service"
          ? [
              { name: "public_listener", port: sidecarPort },
              ...workload.upstreams.map((one) => ({ name: one.name, port: one.localPort })),
            ]
          : workload.listeners.map(({ port }) => ({ name: "http", port })),
      clusters:
        workload.kind === "service"
          ? workload.upstreams.map(({ name }) => ({ name: `${name}.default.dc1.internal.x.consul`, healthy: 1 }))
          : [],
      certificates: [{ from: "2026-01-01T00:00:00Z", to: "2126-01-01T00:00:00Z" }],
    })),
    fences: { fault: "", open: [], closed: [] },
    edges: edgesOf(of)
      .edges.filter(({ from }) => from.node === node)
      .map(({ trial: { id, expect } }) => ({ id, answer: expect, detail: "" })),
  };
}

/** Properties of a unit that runs as it should. */
export function runningUnit(unit: string): UnitReport {
  return {
    Id: unit,
    LoadState: "loaded",
    ActiveState: "active",
    UnitFileState: "enabled",
    NRestarts: 0,
    FragmentPath: layout.unitFile(unit),
    DropInPaths: [],
    NeedDaemonReload: false,
    ActiveEnterTimestampMonotonic: 10_000_000,
  };
}

/** The doctor's findings on a node after a change. */
export function findingsOn(name: string, change: (report: NodeReport) => void = () => {}, of: Mesh = mesh) {
  const expected = expectedNode(name, of);
  const report = healthyReport(expected, of);
  change(report);
  const edges = edgesOf(of).edges.filter(({ from }) => from.node === expected.node);
  return compareNode(of, expected, report, edges, ["frontend", "backend", "edge"]);
}
