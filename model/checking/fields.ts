/** Building blocks of the schemas: a zod type together with the advice that a problem in it ends with. */
import { z } from "zod";
import { portFault } from "../formats/port";
import { textFault } from "../formats/text";
import type { Fault } from "./problem";

/** The remedy for a missing value or one of the wrong type, by schema; `ifMissing` is the fault where there is none at all. */
export const advice = z.registry<{ remedy: string; ifMissing?: Fault }>();

/** Gives a schema its advice. */
export function field<T extends z.ZodType>(schema: T, remedy: string): T {
  advice.add(schema, { remedy });
  return schema;
}

/** Adds a check that knows its own reason and remedy. */
export function judged<T, S extends z.ZodType<T>>(schema: S, judge: (value: T) => Fault | undefined) {
  return schema.check((context) => {
    const fault = judge(context.value as T);
    if (fault) context.issues.push({ code: "custom", input: context.value, params: { ...fault } });
  });
}

/** A string of a certain form. */
export function text(remedy: string, judge: (value: string) => Fault | undefined = textFault) {
  return field(judged(z.string(), judge), remedy);
}

/** A TCP port. */
export function port(remedy: string) {
  return field(judged(z.number(), portFault), remedy);
}

/** `true` or `false`. */
export function flag(remedy = "write `true` or `false`, or leave it out") {
  return field(z.boolean(), remedy);
}

/** A whole number of at least `least`. */
export function count(least: number, most = 4_294_967_295) {
  const remedy = `write a whole number from ${least} to ${most}`;
  const inRange = (value: number) =>
    Number.isInteger(value) && value >= least && value <= most
      ? undefined
      : { reason: "the number is out of range", remedy };
  return field(judged(z.number(), inRange), remedy);
}
