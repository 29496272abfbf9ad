/** Copies on a node of what a person made and a deploy replaced. Pure. */

import { layout, type MeshNode } from "../model";
import { drift, Layer, type Symptom } from "./causes";

const DAY_MS = 24 * 3600 * 1000;
/** A copy that is younger than this may be of a deploy that a person is still at. */
const TOLD_DAYS = 30;
/** As gatehouse-node keeps them: `KeepCopies` in node/host. */
const KEPT_DAYS = 90;

/** Copies of what a person made and a deploy replaced: the sweep removes them, so a person has to know before. */
export function keptCopies({ name }: MeshNode, copies: string[], now: number): Symptom[] {
  const old = copies.filter((folder) => now - madeAt(folder) > TOLD_DAYS * DAY_MS);
  if (old.length === 0) return [];
  const finding = drift(
    Layer.Declared,
    { on: name, what: layout.folders.backups },
    {
      expected: "no copies that are not needed",
      found: `${old.length} of files that a deploy replaced, the oldest ${old[0]}`,
      remedy: `take out what you need, and remove the rest: a deploy's sweep removes them ${KEPT_DAYS} days after they were made`,
    },
  );
  return [{ ...finding, severity: "note" }];
}

/** `/var/backups/gatehouse/20260501T120000Z` */
function madeAt(folder: string): number {
  const [, ...parts] = /\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(folder) ?? [];
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
