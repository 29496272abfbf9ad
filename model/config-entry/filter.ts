/**
 * Whether a subset's filter can match an instance. Consul's filters are those of go-bexpr; what is known of an instance before it
 * runs is judged, and everything else may be true or false.
 */
import type { Labels } from "../placement";

/** The facts of an instance that a filter may ask for, and that are known before it runs. */
export interface KnownInstance extends Labels {
  node: string;
}

/** `undefined`: this depends on something that is not known, or on a part of the grammar that is not read here. */
export function matches(filter: string, instance: KnownInstance): boolean | undefined {
  const words = filter.match(/[\w.]+\["[^"]*"\]|"(?:[^"\\]|\\.)*"|`[^`]*`|==|!=|[()]|[^\s()=!"`]+|\S/g) ?? [];
  const reader = new Reader(words, instance);
  try {
    const result = reader.either();
    return reader.done ? result : undefined;
  } catch {
    return undefined;
  }
}

type Truth = boolean | undefined;

const and = (one: Truth, other: Truth): Truth => (one === false || other === false ? false : one && other);
const or = (one: Truth, other: Truth): Truth =>
  one === true || other === true ? true : one === false ? other : undefined;
const not = (one: Truth): Truth => (one === undefined ? undefined : !one);

/** Reads an expression word by word, weakest operator first. */
class Reader {
  #at = 0;

  constructor(
    private readonly words: string[],
    private readonly instance: KnownInstance,
  ) {}

  get done(): boolean {
    return this.#at === this.words.length;
  }

  either(): Truth {
    let result = this.both();
    while (this.take("or")) result = or(result, this.both());
    return result;
  }

  private both(): Truth {
    let result = this.one();
    while (this.take("and")) result = and(result, this.one());
    return result;
  }

  private one(): Truth {
    if (this.take("not")) return not(this.one());
    if (!this.take("(")) return this.comparison();
    const result = this.either();
    if (!this.take(")")) throw new Error("no end of the parenthesis");
    return result;
  }

  private comparison(): Truth {
    const first = this.next();
    if (this.take("==")) return this.equal(first, this.next());
    if (this.take("!=")) return not(this.equal(first, this.next()));
    if (this.take("in")) return this.contains(this.next(), first);
    if (this.take("contains")) return this.contains(first, this.next());
    if (this.take("not")) {
      if (this.take("in")) return not(this.contains(this.next(), first));
      if (this.take("contains")) return not(this.contains(first, this.next()));
      throw new Error("unknown operator");
    }
    if (this.take("is")) {
      const negated = this.take("not");
      if (!this.take("empty")) throw new Error("unknown operator");
      const empty = this.empty(first);
      return negated ? not(empty) : empty;
    }
    throw new Error("unknown operator");
  }

  /** A key that an instance does not have is equal to nothing. */
  private equal(selector: string, value: string): Truth {
    const known = this.value(selector);
    return known === undefined ? undefined : known === unquoted(value);
  }

  private contains(selector: string, value: string): Truth {
    if (selector === "Service.Tags") return this.instance.tags.includes(unquoted(value));
    if (selector !== "Service.Meta" || RESERVED.test(unquoted(value))) return undefined;
    return Object.hasOwn(this.instance.meta, unquoted(value));
  }

  private empty(selector: string): Truth {
    return selector === "Service.Tags" ? this.instance.tags.length === 0 : undefined;
  }

  /** `null`: there is none. `undefined`: not known. */
  private value(selector: string): string | null | undefined {
    if (selector === "Node.Node") return this.instance.node;
    const [, dotted, quoted] = /^Service\.Meta(?:\.([A-Za-z0-9_-]+)|\["([^"]+)"\])$/.exec(selector) ?? [];
    const key = dotted ?? quoted;
    return key === undefined || RESERVED.test(key) ? undefined : (this.instance.meta[key] ?? null);
  }

  private next(): string {
    const word = this.words[this.#at++];
    if (word === undefined) throw new Error("the expression ends too soon");
    return word;
  }

  private take(word: string): boolean {
    if (this.words[this.#at] !== word) return false;
    this.#at++;
    return true;
  }
}

/** Keys of `meta` that others set. */
const RESERVED = /^(consul|gatehouse)-/;

function unquoted(word: string): string {
  if (word.startsWith('"') && word.includes("\\")) throw new Error("escapes are not read");
  return /^["`]/.test(word) ? word.slice(1, -1) : word;
}
