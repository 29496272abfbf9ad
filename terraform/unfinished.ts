/**
 * Resources whose programs may never have run. Terraform writes a resource into the state when its program begins; killed
 * then, wherever it runs, it leaves a state that claims more than there is. So the nodes are asked which programs came to
 * their end. Pure.
 */
import type { Synthesized } from "./stack";

/** A node's records of one mesh. */
export interface NodeRan {
  /** The id of the creation of each resource whose program ran to its end, by the resource's name. */
  creations: Record<string, string>;
  /** Whether a resource that is not among them may have run: an earlier version, which recorded nothing, deployed it. */
  believed: boolean;
  /** SHA-256 of the binaries that are there. */
  binaries: string[];
}

/** The records of all nodes that could be asked, by the trigger `machine` of their resources. */
export type Ran = Record<string, NodeRan>;

/** A state, as far as it is read here. */
export interface CreatedState {
  resources?: { type: string; name: string; instances?: CreatedInstance[] }[];
}

interface CreatedInstance {
  status?: string;
  deposed?: string;
  attributes?: {
    id?: string;
    triggers?: Record<string, string> | null;
    /** The next three are a config entry's. */
    kind?: string;
    name?: string;
    config_json?: string;
  };
}

interface Program {
  provisioner?: Record<string, { when?: string; inline?: string[] }>[];
}

/**
 * Addresses of the declared resources that the state has and whose programs the nodes do not know of. A resource whose node
 * was not asked is believed.
 */
export function unfinished(document: Synthesized, state: CreatedState | undefined, ran: Ran): string[] {
  const declared = (document.resource?.null_resource ?? {}) as Record<string, Program>;
  return (state?.resources ?? [])
    .filter(({ type, name }) => type === "null_resource" && declared[name] !== undefined)
    .filter(({ name, instances = [] }) =>
      instances.some((instance) => isUnfinished(name, declared[name]!, instance, ran)),
    )
    .map(({ name }) => `null_resource.${name}`)
    .sort();
}

function isUnfinished(name: string, declared: Program, instance: CreatedInstance, ran: Ran): boolean {
  const { status, deposed, attributes } = instance;
  if (status !== undefined || deposed !== undefined) return false; // Terraform makes it again by itself, or removes it
  const node = ran[attributes?.triggers?.machine ?? ""];
  if (!node) return false;
  if (isRecorded(declared)) {
    const creation = node.creations[name];
    return creation === undefined ? !node.believed : creation !== attributes?.id;
  }
  const sha256 = attributes?.triggers?.sha256;
  return sha256 !== undefined && isUpload(declared) && !node.believed && !node.binaries.includes(sha256);
}

/** Whether the node records the end of its program. */
const isRecorded = ({ provisioner = [] }: Program): boolean =>
  provisioner.some((one) => one["remote-exec"]?.inline?.some((text) => /^CREATION=/m.test(text)));

const isUpload = ({ provisioner = [] }: Program): boolean => provisioner.some((one) => one.file !== undefined);
