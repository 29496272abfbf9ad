/** What a unit may use of its machine, as systemd.resource-control(5) writes it. */
import type { Fault } from "../problem";

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
