/** TCP ports. */
import type { Fault } from "../checking/problem";

/** The fault of a TCP port, or undefined. */
export function portFault(port: number): Fault | undefined {
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return undefined;
  return {
    reason: "a port is a whole number from 1 to 65535",
    remedy: "choose a port in that range, for example 9001",
  };
}
