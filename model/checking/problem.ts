/** Collects, words and prints problems. */
import { distance } from "fastest-levenshtein";
import { inOrderOf } from "./order";

/** A problem in the declaration. */
export interface Problem {
  /** Where: `services.frontend.upstreams.backend.localPort`. Empty for the declaration as a whole. */
  path: string;
  /** The value there, as it was written. */
  found: string;
  /** Why it cannot work. */
  reason: string;
  /** A way to correct it. */
  remedy: string;
  /** Something is missing that only a deploy needs. @default false */
  onlyForDeploy?: true;
}

/** A place in the declaration: `["gateways", "web", "listeners", 0]`. */
export type Path = readonly (string | number)[];

/** Why a value cannot work, and what to do. */
export interface Fault {
  reason: string;
  remedy: string;
  /** Something is missing that only a deploy needs: what it would bring can be read without. @default false */
  onlyForDeploy?: boolean;
}

/** Collects every problem of one declaration. */
export class Problems {
  readonly #found: (Problem & { at: Path })[] = [];

  /** `found` is the value as it was written. */
  add(at: Path, found: unknown, { reason, remedy, onlyForDeploy }: Fault): void {
    const shown = isSecret(at, found) ? "something (not shown)" : show(found);
    const problem = { at, path: formatPath(at), found: shown, reason, remedy };
    this.#found.push(onlyForDeploy ? { ...problem, onlyForDeploy } : problem);
  }

  /**
   * Whether there is one with which the mesh cannot be used.
   * @param forReview what only a deploy needs may be missing
   */
  refuse(forReview = false): boolean {
    return this.#found.some(({ onlyForDeploy }) => !(forReview && onlyForDeploy));
  }

  /** All of them, in the order in which a person reads `declaration`. */
  list(declaration: unknown): Problem[] {
    return inOrderOf(declaration, this.#found).map(({ at: _, ...problem }) => problem);
  }
}

/** Where the declaration names a secret, a person may have written its value. */
function isSecret(at: Path, found: unknown): boolean {
  const [section, , run, secrets, , field] = at;
  const within = section === "services" && run === "run" && secrets === "secrets";
  return within && field !== "version" && found !== at.at(-1);
}

/** `services.web.runsOn[0]`. A key that would blur the path is quoted: `services["a b"]`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (!/^[A-Za-z0-9_-]+$/.test(step)) text += `[${show(step)}]`;
    else text += text === "" ? step : `.${step}`;
  }
  return text;
}

const LONGEST_SHOWN = 80;

/** A value as one short line. A private key is never printed, and nothing that would move a terminal's cursor. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string" && value.includes("PRIVATE KEY")) return "a private key (not shown)";
  if (typeof value === "symbol") return value.description ?? "a symbol";
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  const json = JSON.stringify(value, (_key, inner) => (isJson(inner) ? inner : show(inner))) ?? "nothing";
  const visible = json.replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ue123\ufdd0-\ufdef\ufeff\ufffe\uffff]/g,
    escaped,
  );
  if (visible.length <= LONGEST_SHOWN) return visible;
  return `${visible.slice(0, LONGEST_SHOWN - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

function isJson(value: unknown): boolean {
  if (typeof value === "string") return !value.includes("PRIVATE KEY");
  return !["symbol", "function", "bigint"].includes(typeof value);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The candidate that was probably meant, if one is close enough to be worth saying. */
export function closest(written: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  // One slip in a short word, two in a longer one, and a third of it at most.
  const length = Math.min(written.length, 63);
  let bestDistance = (length < 4 ? 1 : Math.max(2, Math.floor(length / 3))) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - written.length) >= bestDistance) continue;
    const apart = distance(written.toLowerCase(), candidate.toLowerCase());
    if (apart < bestDistance) [best, bestDistance] = [candidate, apart];
  }
  return best;
}

/** "did you mean `port`?", or what else to do. */
export function didYouMean(written: string, candidates: Iterable<string>, otherwise: string): string {
  const meant = closest(written, candidates);
  return meant === undefined ? otherwise : `did you mean \`${meant}\`? Otherwise ${otherwise}`;
}

/** `a`, `b` or `c`. */
export function oneOf(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/**
 * The text that a person reads when a command stops: first what is wrong, then what is missing for a deploy alone.
 * @param mesh path of the mesh file, or the mesh's name
 */
export function formatProblems(problems: readonly Problem[], mesh: string): string {
  const missing = problems.filter(({ onlyForDeploy }) => onlyForDeploy);
  const wrong = problems.filter(({ onlyForDeploy }) => !onlyForDeploy);
  if (wrong.length === 0) return `${formatMissing(missing, mesh)}\n\nNothing was written.`;
  const head = `${mesh}: ${wrong.length} problem${wrong.length === 1 ? "" : "s"}. Nothing was written.`;
  const rest = missing.length > 0 ? [formatMissing(missing, mesh)] : [];
  return [head, ...wrong.map(block), ...rest].join("\n\n");
}

function formatMissing(missing: readonly Problem[], mesh: string): string {
  const head = `${mesh}: missing for a deploy, and not for \`npx gatehouse synth\`:`;
  return [head, ...missing.map(block)].join("\n\n");
}

const block = ({ path, found, reason, remedy }: Problem): string =>
  [
    `  ${path || "(the whole declaration)"}`,
    `    found  ${found}`,
    `    why    ${reason}`,
    `    do     ${remedy}`,
  ].join("\n");
