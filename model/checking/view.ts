/** The sound parts of a declaration, for the checks of one part against another; broken parts are taken out. */
import type { ConfigEntryDeclaration } from "../config-entry/declared";
import type { Files } from "../files";
import type { GatewayDeclaration } from "../gateway";
import type { IntentionDeclaration } from "../intention";
import type { MeshDeclaration } from "../mesh";
import type { NodeDeclaration } from "../node";
import type { OtherServiceDeclaration } from "../other-service";
import type { ServiceDeclaration } from "../service";
import { didYouMean, type Fault } from "./problem";

/** A value of which any part may be missing, because it was not written or because it was broken. */
export type Sound<T> = T extends (infer Item)[]
  ? (Sound<Item> | undefined)[]
  : T extends object
    ? { [Field in keyof T]?: Sound<T[Field]> }
    : T;

/** Everything a check may ask. */
export interface View {
  declaration: Sound<MeshDeclaration>;
  nodes: Section<NodeDeclaration>;
  services: Section<ServiceDeclaration>;
  gateways: Section<GatewayDeclaration>;
  /** Services that others run. */
  others: Section<OtherServiceDeclaration>;
  /** Services of this mesh and of others: what may be called. */
  callable: Section<OtherServiceDeclaration>;
  intentions: Item<IntentionDeclaration>[];
  configEntries: Item<ConfigEntryDeclaration>[];
  files: Files;
}

/** An item of a list with its place there. */
export interface Item<T> {
  index: number;
  value: Sound<T>;
}

/** Nodes, services or gateways by name. A name counts as declared even when its value is broken. */
export class Section<T extends object> {
  readonly entries: [name: string, value: Sound<T>][];
  readonly #byName: Map<string, Sound<T>>;

  /** `complete` is false when the section itself could not be read: then no name can be called unknown. */
  constructor(
    record: Record<string, unknown> | undefined,
    readonly complete: boolean,
  ) {
    this.entries = Object.entries(record ?? {}).map(([name, value]) => [name, (value ?? {}) as Sound<T>]);
    this.#byName = new Map(this.entries);
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  get(name: string): Sound<T> | undefined {
    return this.#byName.get(name);
  }

  names(): Iterable<string> {
    return this.#byName.keys();
  }

  /**
   * Why `name` cannot be referred to, or undefined when it is declared.
   * @param what "node", "service" and so on
   * @param others names of another noun that could stand there as well
   */
  unknown(name: string, what: string, others: readonly string[] = []): Fault | undefined {
    if (this.has(name) || !this.complete) return undefined;
    const some = [...this.entries.map(([known]) => known), ...others].slice(0, 10);
    const otherwise = some.length
      ? `declare it, or name one of: ${some.join(", ")}`
      : `declare it; there is no ${what} yet`;
    return {
      reason: `there is no ${what} \`${name.slice(0, 63)}\``,
      remedy: didYouMean(name, [...this.names(), ...others], otherwise),
    };
  }
}

/** `sound` is what `keepSound` left of a declaration. */
export function viewOf(sound: Record<string, unknown>, files: Files): View {
  const section = <T extends object>(name: string, optional: boolean, parent = sound) =>
    new Section<T>(
      parent[name] as Record<string, unknown> | undefined,
      parent[name] !== undefined || (optional && !hasBroken(parent)),
    );
  const services = section<ServiceDeclaration>("services", true);
  const consul = (sound.consul ?? { services: undefined }) as Record<string, unknown>; // broken, or not there
  const others = section<OtherServiceDeclaration>("services", true, consul);
  const all = Object.fromEntries([...others.entries, ...services.entries]);
  return {
    declaration: sound as Sound<MeshDeclaration>,
    nodes: section<NodeDeclaration>("nodes", false),
    services,
    others,
    callable: new Section<OtherServiceDeclaration>(all, others.complete && services.complete),
    gateways: section<GatewayDeclaration>("gateways", true),
    intentions: items(sound.intentions as Sound<IntentionDeclaration>[] | undefined),
    configEntries: items(sound.configEntries as Sound<ConfigEntryDeclaration>[] | undefined),
    files,
  };
}

/** The items of a list that are there, with their places. */
export function items<T>(list: readonly (T | undefined)[] | undefined): { index: number; value: T }[] {
  return (list ?? []).flatMap((value, index) => (value === undefined ? [] : [{ index, value }]));
}

/**
 * Whether any field was broken or is unknown. Then nothing can be called absent: it may have been misspelt, and that is
 * a problem already.
 */
export function hasBroken(parent: object): boolean {
  return Object.values(parent).some((value) => value === undefined);
}

/** Whether a field was written and found broken, so that it must not be called missing. */
export function isBroken(parent: object, field: string): boolean {
  return Object.hasOwn(parent, field) && (parent as Record<string, unknown>)[field] === undefined;
}
