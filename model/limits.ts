/** Limits of a unit's memory and processor time, as systemd.resource-control(5) writes them. */

import { text } from "./checking/fields";
import type { Fault } from "./checking/problem";

/** An amount of memory as systemd writes it: a whole number and `K`, `M`, `G` or `T`, times 1024: `512M`. */
export type Memory = string;

/** A share of processor time as systemd writes it, in percent of one processor: `50%`, or `200%` for two of them. */
export type CpuShare = string;

/** As the unit states them. Undefined: no limit. */
export interface Limits {
  memoryMax?: string;
  cpuQuota?: string;
}

const UNITS: Record<string, number> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** With less than this no program gets as far as its first line. */
const LEAST_MEMORY = 8 * 2 ** 20;

/** `MemoryMax=`: a whole number and K, M, G or T. */
export function memoryFault(memory: string): Fault | undefined {
  const remedy = "write a whole number and `K`, `M`, `G` or `T` (times 1024), for example `512M`";
  const [, digits, unit] = /^(\d{1,15})([KMGT])$/.exec(memory) ?? [];
  if (digits === undefined) return { reason: "this is not an amount of memory as systemd reads it", remedy };
  const bytes = Number(digits) * UNITS[unit!]!;
  if (bytes < LEAST_MEMORY) return { reason: "no program starts with less than 8M", remedy };
  if (bytes > 2 ** 60) return { reason: "no machine has so much memory", remedy };
  return undefined;
}

/** `CPUQuota=`: percent of one processor. */
export function cpuFault(quota: string): Fault | undefined {
  const remedy = "write percent of one processor, for example `50%`, or `200%` for two";
  const [, digits] = /^(\d{1,9})%$/.exec(quota) ?? [];
  if (digits === undefined) return { reason: "this is not a share of processor time as systemd reads it", remedy };
  if (Number(digits) < 1 || Number(digits) > 100_000) {
    return { reason: "the share must be from 1% to 100000%", remedy };
  }
  return undefined;
}

export const limitsSchema = {
  memoryMax: text("write the most memory that it may take, for example `512M`", memoryFault).optional(),
  cpuQuota: text("write percent of one processor, for example `50%`", cpuFault).optional(),
};

/** The limits that are declared. */
export function limitsOf({ memoryMax, cpuQuota }: Limits): Limits {
  return { ...(memoryMax !== undefined && { memoryMax }), ...(cpuQuota !== undefined && { cpuQuota }) };
}
