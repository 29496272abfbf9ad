/** Compares the registrations and health checks of a node's agent with the declaration. */

import { shellWord } from "../findings";
import { hasEnvoy, type Instance, layout, type Mesh } from "../model";
import type { AgentService, NodeReport } from "../nodes";
import { about, drift, goesOn, Layer, type Symptom } from "./causes";
import { type Expected, fixInstance } from "./expected";
import { restDifference } from "./registered";

export function compareRegistrations(mesh: Mesh, expected: Expected, report: NodeReport): Symptom[] {
  const { node, instances } = expected;
  const concerns = instances.map(({ name }) => about.instance(name, node.name));
  if (!report.services || !report.checks) {
    if (node.retired) return [];
    const what = {
      expected: "an answer",
      found: "none",
      remedy: `on ${node.name}: journalctl -u consul -n 50`,
      concerns,
    };
    return [{ ...drift(Layer.Registered, { on: node.name, what: "Consul's agent" }, what), blind: true }];
  }
  const noLeader = drift(
    Layer.Registered,
    { on: node.name, what: "Consul's agent" },
    {
      expected: "a leader",
      found: "none",
      remedy: "look after Consul's servers: consul operator raft list-peers",
      concerns,
    },
  );
  return [
    ...(report.leader ? [] : [noLeader]),
    ...instances.flatMap((instance) => missing(mesh, instance, report.services ?? [])),
    ...undeclared(mesh, expected, report, report.services),
    ...instances.flatMap((instance) => unhealthy(instance, report.checks ?? [])),
  ];
}

/** The ids of an instance in Consul. */
function idsOf({ name, workload }: Instance): string[] {
  if (!hasEnvoy(workload)) return [];
  return workload.kind === "service" ? [name, layout.sidecarOf(name)] : [name];
}

/** A registration in one comparable line. */
function described({ Service, Kind, Port, Of, Upstreams }: Omit<AgentService, "ID" | "Mesh" | "Rest">): string {
  const upstreams = Upstreams.map((one) => `${one.DestinationName} at ${one.LocalBindPort}`).sort();
  return [`${Kind || "service"} ${Service}`, Port ? `port ${Port}` : "", Of ? `of ${Of}` : "", ...upstreams]
    .filter(Boolean)
    .join(", ");
}

function wanted({ name, workload, sidecarPort = 0 }: Instance, id: string): string {
  const none = { Kind: "", Port: 0, Of: "", Upstreams: [] };
  const Service = workload.name;
  if (workload.kind !== "service") return described({ ...none, Service, Kind: "ingress-gateway" });
  if (id === name) return described({ ...none, Service, Port: workload.port ?? 0 });
  const Upstreams = workload.upstreams.map((one) => ({ DestinationName: one.name, LocalBindPort: one.localPort }));
  const sidecar = layout.sidecarOf(Service);
  return described({ Service: sidecar, Kind: "connect-proxy", Port: sidecarPort, Of: Service, Upstreams });
}

function missing(mesh: Mesh, instance: Instance, services: AgentService[]): Symptom[] {
  return idsOf(instance).flatMap((id) => {
    const service = services.find(({ ID }) => ID === id);
    const whole = { at: "", expected: wanted(instance, id), found: service ? described(service) : "nothing" };
    const differs = service && whole.found === whole.expected ? restDifference(mesh, instance, service) : whole;
    if (!differs) return [];
    const { at, expected, found } = differs;
    const concerns = [about.instance(instance.name, instance.node.name)];
    const where = { on: instance.node.name, what: `registration ${id}${at && ` ${at}`}` };
    const difference = { expected, found, fix: fixInstance(instance), concerns };
    // Nothing else that is wrong with the instance explains a registration that its own token changed.
    return mesh.consul.acl && at
      ? [drift(Layer.Declared, where, { ...difference, why: ownToken(instance) })]
      : [drift(Layer.Registered, where, difference)];
  });
}

const ownToken = ({ workload: { name } }: Instance): string =>
  `the token of ${name} may write its registration, so ${name} may have been broken into: look at it on its nodes, then: npm run rotate -- ${name}`;

/**
 * A registration under another name without a record here is not judged: others may have made it. The sweep removes what there is a record
 * of, and a gateway that the mesh runs elsewhere; the rest is for a person to remove.
 */
function undeclared(
  mesh: Mesh,
  { node, instances, sweep, goOn }: Expected,
  { tree }: NodeReport,
  services: AgentService[],
): Symptom[] {
  const declared = new Set(instances.flatMap(idsOf));
  const names = new Set([...mesh.services, ...mesh.gateways].map(({ name }) => name));
  const moved = new Set(mesh.gateways.filter(({ runsOn }) => !runsOn.includes(node.name)).map(({ name }) => name));
  const hasFolder = (name: string) =>
    !declared.has(name) && tree.some(({ path }) => path === layout.instanceFolder(name));
  const recorded = ({ ID, Service, Of }: AgentService) => hasFolder(layout.serviceOf(ID)) || hasFolder(Of || Service);
  const sweeps = (one: AgentService) => (one.Kind === "ingress-gateway" && moved.has(one.Service)) || recorded(one);
  return services
    .filter(({ Mesh: owner }) => owner === "" || owner === mesh.name)
    .filter((one) => !declared.has(one.ID) && (names.has(one.Of || one.Service) || recorded(one)))
    .filter(({ ID, Of }) => !(Of && services.some((one) => ID === layout.sidecarOf(one.ID) && !declared.has(one.ID))))
    .map((service) => {
      const where = { on: node.name, what: `registration ${service.ID}` };
      if (service.Mesh === "" && goOn.includes(service.Service)) {
        return goesOn(where, service.Service, described(service));
      }
      return drift(Layer.Registered, where, {
        expected: "nothing",
        found: described(service),
        ...(sweeps(service)
          ? { fix: sweep }
          : { remedy: `on ${node.name}: consul services deregister -id=${shellWord(service.ID)}` }),
      });
    });
}

function unhealthy(instance: Instance, checks: NonNullable<NodeReport["checks"]>): Symptom[] {
  const { name: instanceName, node } = instance;
  return checks
    .filter(({ ServiceID, Status }) => idsOf(instance).includes(ServiceID) && Status !== "passing")
    .slice(0, 1)
    .map(({ ServiceID, Name, Status, Output }) =>
      drift(
        Layer.Runs,
        { on: node.name, what: ServiceID },
        {
          expected: `check "${Name}" passing`,
          found: `${Status}: ${Output.replace(/\s+/g, " ").trim().slice(0, 100)}`,
          // A process that runs as declared and is ill is nothing that Terraform could put right.
          ...(Name === "Service Maintenance Mode"
            ? { fix: fixInstance(instance) }
            : { remedy: `on ${node.name}: mesh logs ${instanceName}` }),
          concerns: [about.instance(instanceName, node.name)],
        },
      ),
    );
}
