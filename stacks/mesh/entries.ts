/** Writes Consul's config entries: those of the mesh's own through Terraform, those taken over through a program. */
import type { ITerraformDependable } from "cdktf";
import type { ConfigEntry as Entry } from "../../model";
import { entryName, takenEntries } from "../../templates";
import { AclToken } from "../acl-token";
import { ConfigEntry } from "../config-entry";
import { EntriesSettled, TakenEntry, type Taking } from "../taken-entry";
import { type Context, present } from "./context";
import type { Programs } from "./programs";

export type WrittenEntry = ConfigEntry | TakenEntry;

/** Entries of one kind, by name. */
export type Entries = ReadonlyMap<string, WrittenEntry>;

/** The predecessors of an entry. `written` holds the entries of its kind that have been written before it. */
export type After = (entry: Entry, written: Entries) => ITerraformDependable[];

/** Writes entries; each phase that has some of its own says which, and after what. */
export class EntryWriter {
  private readonly taking: Taking;

  constructor(
    private readonly context: Context,
    private readonly programs: Programs,
  ) {
    const { stack, mesh, firstNode } = context;
    const taken = takenEntries(mesh);
    const token = mesh.consul.acl && taken.length > 0 ? AclToken.ofTakenEntries(stack, mesh, taken) : undefined;
    this.taking = { mesh, node: firstNode, token };
  }

  /** Writes the declared entries of a kind. */
  writeKind(kind: string, after: After): Entries {
    return this.write(this.declared(kind), after);
  }

  /** The entries of a kind, as declared. */
  declared(kind: string): Entry[] {
    return this.context.mesh.configEntries.filter((entry) => entry.kind === kind);
  }

  /** Writes these entries, which are of one kind. */
  write(entries: readonly Entry[], after: After): Entries {
    const written = new Map<string, WrittenEntry>();
    for (const entry of entries) written.set(entry.name, this.writeOne(entry, after(entry, written)));
    return written;
  }

  /** Puts entries back that an earlier deploy took over. */
  settle(token: AclToken | undefined, after: ITerraformDependable[]): void {
    new EntriesSettled(this.context.stack, { ...this.taking, token }, after);
  }

  private writeOne(entry: Entry, after: ITerraformDependable[]): WrittenEntry {
    const { stack, mesh } = this.context;
    if (!mesh.takeOver.configEntries.includes(entryName(entry))) return new ConfigEntry(stack, entry, after);
    const program = this.programs.get(this.taking.node.name);
    return new TakenEntry(stack, this.taking, entry, [...after, ...present(program)]);
  }
}
