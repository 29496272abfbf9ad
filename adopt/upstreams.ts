/** The upstreams of a service, from its sidecar. */
import type { UpstreamDeclaration } from "../model";
import type { MadeUpstream } from "../templates";
import type { CatalogueUpstream } from "./found";
import type { Remarks } from "./remarks";

/** The upstreams of a sidecar on one node, as its definition and as Consul has them. */
export interface UpstreamFacts {
  defined: MadeUpstream[];
  registered: CatalogueUpstream[];
}

interface Upstream {
  name: string;
  localPort: number;
  localAddress: string;
  isService: boolean;
}

/**
 * By name. One that is neither chosen nor another's service is left out, and blocks its caller: taken over it would lose it.
 * @param callable what may be named: chosen services, and those that others run
 */
export function upstreamsOf(
  service: string,
  facts: UpstreamFacts[],
  callable: ReadonlySet<string>,
  remarks: Remarks,
): Record<string, UpstreamDeclaration> {
  const upstreams: Record<string, UpstreamDeclaration> = {};
  const block = (text: string) => remarks.add("blocks", service, text);
  for (const { name, localPort, localAddress, isService } of facts.flatMap(allOf)) {
    const known = upstreams[name];
    if (!isService || localPort === 0) block(`its upstream ${name} is none that a declaration can have`);
    else if (!callable.has(name)) block(`it calls ${name}, which Consul does not know as a service`);
    else if (known && known.localPort !== localPort)
      block(`it finds ${name} at port ${known.localPort} and at port ${localPort}: one service has one port for it`);
    else upstreams[name] = { localPort };
    if (localAddress && localAddress !== "127.0.0.1")
      remarks.add("changes", service, `it finds ${name} at 127.0.0.1:${localPort}, no longer at ${localAddress}`);
  }
  for (const { name, others } of facts.flatMap(({ defined }) => defined))
    for (const other of others) remarks.add("changes", service, `the setting ${other} of its upstream ${name} goes`);
  return upstreams;
}

const allOf = ({ defined, registered }: UpstreamFacts): Upstream[] => [
  ...registered.map(({ DestinationName, DestinationType = "", LocalBindPort = 0, LocalBindAddress = "" }) => ({
    name: DestinationName,
    localPort: LocalBindPort,
    localAddress: LocalBindAddress,
    isService: ["", "service"].includes(DestinationType),
  })),
  ...defined.map(({ name, localPort, localAddress, others }) => ({
    name,
    localPort,
    localAddress,
    isService: !others.includes("destinationtype"),
  })),
];
