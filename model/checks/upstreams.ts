/** Whom a service calls. */
import type { Problems } from "../problem";
import type { View } from "../view";

export function checkUpstreams(view: View, problems: Problems): void {
  for (const [name, { upstreams }] of view.services.entries) {
    for (const [upstream, value] of Object.entries(upstreams ?? {})) {
      const fault = upstreamFault(name, upstream, view);
      if (fault) problems.add(["services", name, "upstreams", upstream], value ?? upstream, fault);
    }
  }
}

function upstreamFault(caller: string, upstream: string, { services, gateways }: View) {
  if (upstream === caller) {
    return {
      reason: "a service cannot be its own upstream: it reaches itself without the mesh",
      remedy: "remove it, or name the service that is meant",
    };
  }
  if (services.has(upstream)) return undefined;
  if (gateways.has(upstream)) {
    return {
      reason: `\`${upstream}\` is a gateway, which lets calls in and takes none from services`,
      remedy: "name the service behind it",
    };
  }
  return services.unknown(upstream, "service");
}
