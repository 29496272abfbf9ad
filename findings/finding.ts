/** One thing that a look at a mesh found: the preflight and the doctor both say what they found with this type. */

/** `note`: worth knowing, nothing to do. `warning`: worth a look, and a deploy goes on. `problem`: changes the exit code. */
export type Severity = "problem" | "warning" | "note";

/** Where in the mesh. As text: "worker1: /etc/consul.d/backend.hcl". */
export interface Place {
  /** Name of a node, `consul`, or `HERE`. */
  on: string;
  /** The file, unit, port, config entry or check there. Empty for all of it. */
  what: string;
}

/** A Terraform stack to apply, and a resource in it to replace first. */
export interface Fix {
  stack: "cluster" | "mesh";
  /** Resource address. @default none: the apply alone sees the difference and corrects it */
  replace?: string;
}

export interface Finding {
  severity: Severity;
  where: Place;
  found: string;
  /** The declared state. @default there is nothing to compare with */
  expected?: string;
  /** Why it matters. @default `expected` says it */
  why?: string;
  /** The way to repair it. */
  remedy: string;
  /** The changes that `doctor --fix` applies. @default none: only a person can repair it */
  fix?: Fix[];
  /** Set where something could not be looked at, so that there may be more to find. */
  blind?: true;
  /** Set where another finding names the cause. */
  follows?: true;
}

/** The computer that runs the command, among the places. */
export const HERE = "this machine";

/** A finding without its place and severity. */
export type Judgement = Pick<Finding, "found" | "remedy"> & Partial<Pick<Finding, "expected" | "why" | "fix">>;

export const problem = (on: string, what: string, judgement: Judgement): Finding => ({
  ...{ severity: "problem", where: { on, what } },
  ...judgement,
});

export const warning = (on: string, what: string, judgement: Judgement): Finding => ({
  ...problem(on, what, judgement),
  severity: "warning",
});

export const note = (on: string, what: string, judgement: Judgement): Finding => ({
  ...problem(on, what, judgement),
  severity: "note",
});

export const placeText = ({ on, what }: Place): string => (what === "" ? on : `${on}: ${what}`);

/** One line. */
export function lineOf({ where, expected, found, remedy }: Finding): string {
  return `${placeText(where)}: ${expected === undefined ? "" : `expected ${expected}, `}found ${found}; ${remedy}`;
}

/** 0: no problem. 1: problems. 2: something could not be looked at, so there may be more. */
export function exitCodeOf(findings: Finding[]): 0 | 1 | 2 {
  const problems = findings.filter(({ severity }) => severity === "problem");
  if (problems.some(({ blind }) => blind)) return 2;
  return problems.length > 0 ? 1 : 0;
}
