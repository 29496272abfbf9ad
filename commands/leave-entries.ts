/** Config entries that a run would delete though they are no longer the mesh's. Terraform deletes by kind and name alone. */
import { MARK } from "../model";
import { atReachableConsul, type LiveEntry, meshOf, readEntries } from "../nodes";
import type { CreatedState, Stack, Synthesized, WrittenEntry } from "../terraform";
import { declaredMesh } from "./declared-mesh";

/** An entry of the state that a run deletes. */
export interface LeavingEntry extends WrittenEntry {
  address: string;
}

const TYPE = "consul_config_entry";
/** Only this stack has config entries. */
const STACK = "mesh";

/**
 * For each run of Terraform, before it plans.
 * @param destroy whether nothing of the stack stays
 */
export async function leaveEntries(stack: Stack, destroy = false): Promise<void> {
  if (stack.name !== STACK) return;
  const declared = await declaredMesh();
  const read = async (kinds: string[]) => readEntries((await atReachableConsul(declared)).mesh, kinds);
  await leaveOthersEntries(stack, declared.name, { destroy, read });
}

/**
 * The entries that the state has and the document does not. Pure.
 * @param document undefined where everything is destroyed
 */
export function leavingEntries(document: Synthesized | undefined, state: CreatedState | undefined): LeavingEntry[] {
  const declared = document?.resource?.[TYPE] ?? {};
  return (state?.resources ?? [])
    .filter(({ type, name }) => type === TYPE && declared[name] === undefined)
    .flatMap(({ name, instances = [] }) =>
      instances.map(({ attributes: { kind = "", name: of = "", config_json = "{}" } = {} }) => ({
        address: `${TYPE}.${name}`,
        ...{ kind, name: of, config: JSON.parse(config_json) },
      })),
    );
}

/** Those that are another's now: they have another mesh's mark, or lost the one with which this mesh wrote them. Pure. */
export function othersEntries(mesh: string, leaving: LeavingEntry[], live: LiveEntry[]): LeavingEntry[] {
  return leaving.filter(({ kind, name, config }) => {
    const now = live.find((entry) => entry.Kind === kind && entry.Name === name);
    const owner = now && meshOf(now);
    return now && owner !== mesh && (owner !== undefined || marked(config));
  });
}

const marked = ({ Meta }: WrittenEntry["config"]): boolean => Object.hasOwn((Meta ?? {}) as object, MARK);

/**
 * Takes entries out of the state that are another's now, before Terraform plans: they stay in Consul.
 * @param read the live entries of these kinds
 */
export async function leaveOthersEntries(
  stack: Stack,
  mesh: string,
  { destroy, read }: { destroy: boolean; read: (kinds: string[]) => Promise<LiveEntry[]> },
): Promise<void> {
  const leaving = leavingEntries(destroy ? undefined : stack.document, await stack.state());
  if (leaving.length === 0) return;
  const live = await read([...new Set(leaving.map(({ kind }) => kind))]);
  for (const { address, kind, name } of othersEntries(mesh, leaving, live)) {
    const { exitCode, stdout, stderr } = await stack.terraform("state", "rm", "-lock-timeout=2m", address);
    if (exitCode !== 0) throw new Error(`${address} could not be taken out of the state: ${stderr || stdout}`);
    console.error(
      `${kind}/${name} stays in Consul: it was written over after this mesh wrote it. If it is not needed: consul config delete -kind ${kind} -name '${name}'`,
    );
  }
}
