/** Where a service or gateway runs, compared, in words. Pure. */
import type { Workload } from "./rendered";
import { word, wordList } from "./ticks";

export function changedPlaces(before: Workload, after: Workload): string[] {
  const comes = without(after.runsOn, before.runsOn);
  const goes = without(before.runsOn, after.runsOn);
  const moves = comes.length > 0 && goes.length > 0;
  return [
    ...(moves ? [`moves from ${wordList(goes)} to ${wordList(comes)}`] : []),
    ...(!moves && comes.length > 0 ? [`also runs on ${wordList(comes)}`] : []),
    ...(!moves && goes.length > 0 ? [`no longer runs on ${wordList(goes)}`] : []),
    ...after.runsOn.flatMap((node) => changedInstances(node, before, after)),
  ];
}

/** The nodes, each with the number of instances where it is not one. */
export function placesOf({ runsOn, instancesOn = {} }: Workload): string {
  return runsOn
    .map((node) => `${word(node)}${instancesOn[node] ? ` (${instancesOn[node]} instances)` : ""}`)
    .join(", ");
}

function changedInstances(node: string, before: Workload, after: Workload): string[] {
  const had = before.runsOn.includes(node) ? (before.instancesOn?.[node] ?? 1) : 1;
  const has = after.instancesOn?.[node] ?? 1;
  return had === has ? [] : [`${had} → ${has} instances on ${word(node)}`];
}

export function without<T>(all: T[], some: T[]): T[] {
  const known = new Set(some);
  return all.filter((item) => !known.has(item));
}
