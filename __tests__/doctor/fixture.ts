/** A mesh, and what its machines would tell if everything were as declared. */
import { edgesOf } from "../../doctor/edges";
import { type Expected, expectedOn } from "../../doctor/expected";
import { compareMachine } from "../../doctor/machine";
import type { AgentService, MachineReport } from "../../doctor/report";
import type { Mesh } from "../../model";
import { declaration, meshOf } from "../stacks/fixture";

export const mesh: Mesh = meshOf(declaration());

/** The declared state of a machine of `mesh`. */
export function expectedNode(name: string, of: Mesh = mesh): Expected {
  const node = of.nodes.find((one) => one.name === name);
  if (!node) throw new Error(`no node ${name}`);
  return expectedOn(of, node);
}

/** What a machine tells that is as declared. */
export function healthyReport(expected: Expected, of: Mesh = mesh): MachineReport {
  const { files, links, units, instances, node } = expected;
  const services = instances.flatMap(({ workload, sidecarPort = 0 }): AgentService[] => {
    const none = { Kind: null, Port: 0, Of: null, Upstreams: null };
    if (workload.kind !== "service") {
      return [{ ...none, ID: workload.name, Service: workload.name, Kind: "ingress-gateway" }];
    }
    const { name, port, upstreams } = workload;
    const Upstreams = upstreams.map((one) => ({ DestinationName: one.name, LocalBindPort: one.localPort }));
    const sidecar = `${name}-sidecar-proxy`;
    return [
      { ...none, ID: name, Service: name, Port: port },
      { ID: sidecar, Service: sidecar, Kind: "connect-proxy", Port: sidecarPort, Of: name, Upstreams },
    ];
  });
  return {
    files: files.map(({ path, mode, owner = "root:root" }) => ({ path, type: "regular file", owner, mode })),
    sums: files.map(({ path, sha256 }) => ({ path, sha256: sha256[0] ?? "any" })),
    tree: [
      ...files
        .filter(({ path }) => path.startsWith("/opt/gatehouse/"))
        .map(({ path }) => ({ path, type: "f", target: "" })),
      ...links.map(({ path, target }) => ({ path, type: "l", target })),
    ],
    needed: [],
    written: files.filter(({ path }) => path.startsWith("/etc/")).map(({ path }) => ({ path })),
    units: units.map(({ unit }) => runningUnit(unit)),
    uptime: 1000,
    processes: units.flatMap(({ unit, binary }) => (binary ? [{ unit, exe: binary.path, sha256: binary.sha256 }] : [])),
    services,
    checks: services.map(({ ID }) => ({ ServiceID: ID, Name: "health", Status: "passing", Output: "" })),
    leader: "10.77.0.10:8300",
    envoys: instances.map(({ workload, sidecarPort = 0 }) => ({
      name: workload.name,
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
    edges: edgesOf(of)
      .edges.filter(({ from }) => from.node === node)
      .map(({ id, expect }) => ({ id, answer: expect, detail: "" })),
  };
}

/** Properties of a unit that runs as it should. */
export function runningUnit(unit: string): Record<string, string> {
  return {
    Id: unit,
    LoadState: "loaded",
    ActiveState: "active",
    UnitFileState: "enabled",
    NRestarts: "0",
    FragmentPath: `/etc/systemd/system/${unit}`,
    DropInPaths: "",
    NeedDaemonReload: "no",
    ActiveEnterTimestampMonotonic: "10000000",
  };
}

/** What the doctor finds on a machine of which something was changed. */
export function findingsOn(name: string, change: (report: MachineReport) => void = () => {}, of: Mesh = mesh) {
  const expected = expectedNode(name, of);
  const report = healthyReport(expected, of);
  change(report);
  const edges = edgesOf(of).edges.filter(({ from }) => from.node === expected.node);
  return compareMachine(of, expected, report, edges, ["frontend", "backend", "edge"]);
}
