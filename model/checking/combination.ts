/** Types of fields that exclude one another, so that a wrong combination does not compile. The checks refuse it again. */
import type { z } from "zod";

/** None of the fields of `T`. */
export type None<T> = { [Field in keyof T]?: never };

/** Exactly one of the fields of `T`. */
export type ExactlyOne<T> = { [Field in keyof T]: Pick<T, Field> & None<Omit<T, Field>> }[keyof T];

/** One of the fields of `T`, or none. */
export type AtMostOne<T> = ExactlyOne<T> | None<T>;

/** At least one of the fields of `T`. */
export type AtLeastOne<T> = { [Field in keyof T]: Pick<T, Field> & Partial<T> }[keyof T];

/**
 * The schema of a union. The schema itself takes any combination of the fields: a check that knows the reason refuses the
 * wrong ones, with a better message than a schema of alternatives has.
 */
export const combination = <Union>(schema: z.ZodType<Pick<Union, keyof Union>>): z.ZodType<Union> =>
  schema as unknown as z.ZodType<Union>;
