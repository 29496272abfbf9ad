/**
 * A service without a port, like a queue worker: nothing calls it. With upstreams it has a sidecar, and a registration that gives it
 * an identity; without, it is a unit alone.
 */
import type { Fault, Path, Problems } from "./checking/problem";
import { hasBroken, items, type Section, type Sound, type View } from "./checking/view";
import type { ServiceDeclaration } from "./service";

type Declared = Sound<ServiceDeclaration>;

/** Whether a declared service is one. A port that could not be read may have been meant, and a service without `run` is no service yet. */
const isJob = (service: Declared): boolean =>
  Object.hasOwn(service, "run") && !Object.hasOwn(service, "port") && !hasBroken(service);

/** Why a service cannot be named where calls are sent to; undefined when it can. */
export function uncallable(name: string, services: Section<ServiceDeclaration>): Fault | undefined {
  const service = services.get(name);
  if (!service || !isJob(service)) return undefined;
  return {
    reason: `\`${name}\` has no port (services.${name}.port), so nothing can call it`,
    remedy: `write the port at which it listens on 127.0.0.1 and its protocol into services.${name}, or take \`${name}\` out here`,
  };
}

/** A service with a port says how it speaks; one without has nothing that is asked at a port. */
export function checkJobs(view: View, problems: Problems): void {
  for (const [name, service] of view.services.entries) {
    if (isJob(service)) checkJob(name, service, problems);
    else if (!Object.hasOwn(service, "protocol") && Object.hasOwn(service, "port") && !hasBroken(service)) {
      const remedy = "write `http`, `http2`, `grpc` or `tcp`";
      problems.add(["services", name, "protocol"], undefined, { reason: "`protocol` is missing", remedy });
    }
  }
  for (const { index, value } of items(view.declaration.takeOver?.services)) {
    const service = view.services.get(value);
    if (!service || !isJob(service)) continue;
    problems.add(["takeOver", "services", index], value, {
      reason: `\`${value}\` has no port, and such a service takes nothing over: what was made by hand could do its work a second time`,
      remedy:
        "stop what was made by hand, remove its unit and its definition from the node, and take the name out here",
    });
  }
}

function checkJob(name: string, service: Declared, problems: Problems): void {
  for (const [field, value] of Object.entries(service.health ?? {})) {
    if (field === "startTimeout" || value === undefined) continue;
    problems.add(["services", name, "health", field], value, {
      reason: "the service has no port, so its health is that of its process: it runs, or it does not",
      remedy: `remove it; \`startTimeout\` is how long it has to run at least. If it listens, write services.${name}.port`,
    });
  }
  if (Object.keys(service.upstreams ?? {}).length > 0) return;
  for (const [path, value] of labels(service)) {
    problems.add(["services", name, ...path], value, {
      reason: "the service has neither a port nor upstreams, so Consul does not know it, and has no labels of it",
      remedy: "remove it",
    });
  }
}

/** Labels of a service and of its instances, with their places in it. */
function labels({ meta, tags, runsOn }: Declared): [Path, unknown][] {
  const placed = items(runsOn).flatMap(({ index, value }): [Path, unknown][] =>
    typeof value === "string"
      ? []
      : [
          [["runsOn", index, "meta"], value.meta],
          [["runsOn", index, "tags"], value.tags],
        ],
  );
  const all: [Path, unknown][] = [[["meta"], meta], [["tags"], tags], ...placed];
  return all.filter(([, value]) => value !== undefined);
}
