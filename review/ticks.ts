/** A code span that what is in it cannot end. */
export function ticks(text: string): string {
  const run = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(run + 1);
  const space = run > 0 ? " " : "";
  return `${fence}${space}${text.replace(/\s+/g, " ")}${space}${fence}`;
}
