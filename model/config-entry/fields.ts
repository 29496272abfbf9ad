/** Fields that several config entries have in common. */
import { z } from "zod";
import { field, text } from "../checking/fields";
import { goDurationFault } from "../formats/duration";
import { filledTextFault, urlPathFault } from "../formats/text";
import { httpHeaderName } from "../http-match";

/** The fields of an entry other than its kind and name. */
export type Fields<T> = Omit<T, "kind" | "name">;

export const word = text("write a string", filledTextFault).optional();

export const service = text("write a service's name, or leave it out for the entry's own", filledTextFault).optional();

export const duration = text("write a length of time, for example `15s`", goDurationFault).optional();

export const path = text("write a path that begins with `/`", urlPathFault).optional();

export const meta = field(z.record(z.string(), text("write a string")), "write an object of strings").optional();

export const list = <T extends z.ZodType>(item: T, of: string) => field(z.array(item), `write a list of ${of}`);

export const object = <T extends z.ZodRawShape>(shape: T) => field(z.strictObject(shape), "write an object");

export const words = list(text("write a string", filledTextFault), "strings").optional();

/** Changes to the headers of a request or response. */
export interface HeaderModifiersDeclaration {
  add?: Record<string, string>;
  set?: Record<string, string>;
  remove?: string[];
}

export const headerModifiers = object({
  add: field(z.record(z.string(), text("write a string")), "write an object of header values").optional(),
  set: field(z.record(z.string(), text("write a string")), "write an object of header values").optional(),
  remove: list(httpHeaderName, "header names").optional(),
}).optional();
