/** service-splitter: shares a service's traffic out. */
import { z } from "zod";
import { field, judged } from "../checking/fields";
import type { Path, Problems } from "../checking/problem";
import { isBroken, items, type Sound } from "../checking/view";
import {
  type Fields,
  type HeaderModifiersDeclaration,
  headerModifiers,
  list,
  meta,
  object,
  service,
  word,
} from "./fields";

/** Shares a service's traffic out. Only for services that speak http, http2 or grpc. */
export interface ServiceSplitterDeclaration {
  kind: "service-splitter";
  /** A declared service. */
  name: string;
  meta?: Record<string, string>;
  splits: SplitDeclaration[];
}

/** A share of a service's traffic. */
export interface SplitDeclaration {
  /** Percent, with at most two decimals. All weights together are 100. */
  weight: number;
  service?: string;
  serviceSubset?: string;
  namespace?: string;
  partition?: string;
  requestHeaders?: HeaderModifiersDeclaration;
  responseHeaders?: HeaderModifiersDeclaration;
}

export const splitter = object({
  meta,
  splits: list(
    object({
      weight: field(judged(z.number(), weightFault), "write the share in percent, for example 90"),
      service,
      serviceSubset: word,
      namespace: word,
      partition: word,
      requestHeaders: headerModifiers,
      responseHeaders: headerModifiers,
    }),
    "splits",
  ),
}) satisfies z.ZodType<Fields<ServiceSplitterDeclaration>>;

/** Consul counts in hundredths of a percent and rounds the rest away in silence. */
function weightFault(weight: number) {
  const remedy = "write a share of 0 to 100 percent with at most two decimals, for example 99.5";
  if (weight < 0 || weight > 100) return { reason: "a weight is a share in percent", remedy };
  const hundredths = weight * 100;
  return Math.abs(hundredths - Math.round(hundredths)) < 1e-6
    ? undefined
    : { reason: "Consul rounds weights to hundredths of a percent", remedy };
}

/** The shares add up to 100, and no two have the same target. */
export function checkSplitter(
  { splits, name }: Sound<ServiceSplitterDeclaration>,
  path: Path,
  problems: Problems,
): void {
  if (splits === undefined) return;
  const at = [...path, "splits"];
  const parts = items(splits);
  const readable =
    parts.length === splits.length &&
    parts.every(({ value }) => !isBroken(value, "weight") && value.weight !== undefined);
  const hundredths = parts.reduce((sum, { value }) => sum + Math.round((value.weight ?? 0) * 100), 0);
  if (readable && hundredths !== 10_000) {
    problems.add(
      at,
      parts.map(({ value }) => value.weight),
      {
        reason: `the weights add up to ${hundredths / 100}, and the shares of a whole are 100`,
        remedy: "change them so that they add up to 100",
      },
    );
  }
  const seen = new Map<string, number>();
  for (const { index, value } of parts) {
    const key = JSON.stringify([value.service ?? name, value.serviceSubset, value.namespace, value.partition]);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else {
      problems.add([...at, index], value, {
        reason: `splits[${first}] leads to the same place already`,
        remedy: "add its weight to that one",
      });
    }
  }
}
