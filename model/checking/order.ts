/** Sorts problems in the order in which a person reads a declaration. */
import type { Path } from "./problem";

/** Sorts by the place in `declaration`, from top to bottom; a field that is absent follows all others of its object. */
export function inOrderOf<T extends { at: Path }>(declaration: unknown, found: readonly T[]): T[] {
  const positions = new Map<object, Map<string, number>>();
  const positionOf = (parent: unknown, step: string | number): number => {
    if (typeof step === "number" || typeof parent !== "object" || parent === null) return Number(step) || 0;
    let known = positions.get(parent);
    if (!known) {
      known = new Map(Object.keys(parent).map((key, index) => [key, index]));
      positions.set(parent, known);
    }
    return known.get(step) ?? known.size;
  };
  const places = found.map((item) => {
    let value = declaration;
    const place = item.at.map((step) => {
      const position = positionOf(value, step);
      value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[step] : undefined;
      return position;
    });
    return { item, place };
  });
  return places.sort((a, b) => compare(a.place, b.place)).map(({ item }) => item);
}

/** From top to bottom, and a whole before its parts. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, position] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (position !== other) return position - other;
  }
  return a.length - b.length;
}
