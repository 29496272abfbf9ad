/**
 * The table of what a declaration is refused for, one file for each part of it, one row a refusal: an edit of the valid
 * declaration leads to exactly one problem, at this path, with this value, for this reason, with this remedy.
 */
import { type Draft, edited, problemsOf } from "./shop";

export type Row = [
  what: string,
  edit: (declaration: Draft) => void,
  path: string,
  found: string | RegExp,
  reason: RegExp,
  remedy: RegExp,
];

/** One test a row. */
export function refuses(rows: Row[]): void {
  it.each(rows)("%s", (_what, edit, path, found, reason, remedy) => {
    expect(problemsOf(edited(edit))).toEqual([
      expect.objectContaining({
        path,
        found: typeof found === "string" ? found : expect.stringMatching(found),
        reason: expect.stringMatching(reason),
        remedy: expect.stringMatching(remedy),
      }),
    ]);
  });
}

export const frontend = (declaration: Draft) => declaration.services.frontend;
export const listener = (declaration: Draft) => declaration.gateways.edge.listeners[0];
