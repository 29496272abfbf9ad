/** The verb and document in a shell program for gatehouse-node. */

/** The verb: of a program that Terraform runs, or of a script for a shell's standard input. */
export const verbOf = (program: string): string =>
  (/^VERB='(.*)'$/m.exec(program) ?? /^exec \S+\/gatehouse-node (.*) <</m.exec(program))?.[1] ?? "";

/** The document at the end. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the verb takes
export const documentOf = (program: string): any =>
  JSON.parse((/\n# DOCUMENT\n(.*)$/s.exec(program) ?? /<<'DOCUMENT'\n(.*)\nDOCUMENT\n$/s.exec(program))?.[1] ?? "");
