/** Whether the services that others run are there, speak as declared, and may be called by this mesh. Pure. */
import { type Finding, HERE, problem, warning } from "../findings";
import type { Mesh } from "../model";

/** A service that others run, as Consul knows it. */
export interface OtherFacts {
  name: string;
  /** Instances in the catalogue. */
  instances: number;
  /** The protocol for which Consul routes calls to it. @default it is not known */
  protocol?: string;
  /** Callers of this mesh whose calls its intentions refuse, whatever the request. */
  refused: string[];
}

export const judgeCallsOut = (mesh: Mesh, facts: OtherFacts[]): Finding[] =>
  facts.flatMap((fact) => {
    const declared = mesh.others.find(({ name }) => name === fact.name);
    return declared ? [...absent(fact), ...otherProtocol(fact, declared.protocol), ...refused(fact)] : [];
  });

const place = (name: string) => `consul.services.${name}`;

function absent({ name, instances }: OtherFacts): Finding[] {
  if (instances > 0) return [];
  return [
    warning(HERE, place(name), {
      found: `Consul's catalogue has no service ${name}`,
      why: "calls to it fail until whoever runs it registers it",
      remedy: `correct the name, or look: consul catalog services`,
    }),
  ];
}

function otherProtocol({ name, instances, protocol }: OtherFacts, declared: string): Finding[] {
  if (instances === 0 || protocol === undefined || protocol === declared) return [];
  return [
    problem(HERE, place(name), {
      found: `Consul has ${protocol} as the protocol of ${name}, and ${declared} is declared`,
      why: "Envoy would be set up for another protocol than the service is called with, and Consul refuses routes of another one",
      remedy: `write protocol: "${protocol}"; or have whoever runs ${name} change its service-defaults`,
    }),
  ];
}

function refused({ name, refused: callers }: OtherFacts): Finding[] {
  if (callers.length === 0) return [];
  return [
    warning(HERE, place(name), {
      found: `no intention of ${name} allows calls of ${callers.join(", ")}`,
      why: `others run ${name}, so what allows a call to it is theirs to write, and this deploy does not`,
      remedy: `have whoever runs ${name} allow them; see: consul intention check ${callers[0]} ${name}`,
    }),
  ];
}
