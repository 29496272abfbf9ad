/** Rows of docs/reliability.md: what a change, a rollout or a fault did to the requests that went on meanwhile. */
import { appendFileSync } from "node:fs";

export interface Row {
  /** The table's heading, e.g. `Rollouts`. */
  section: string;
  /** What was done, e.g. `new binary, two instances`. */
  change: string;
  /** Requests sent meanwhile. */
  sent: number;
  /** Requests among them that got anything but a 200. */
  failed: number;
  /** Seconds until the mesh was as declared again. */
  seconds: number;
  /** Doctor's verdict afterwards, e.g. `clean`. @default left out */
  doctor?: string;
}

/** Appends the row as one line of JSON to the file named by `GATEHOUSE_RELIABILITY`; without that does nothing. */
export function record(row: Row): void {
  const file = process.env.GATEHOUSE_RELIABILITY;
  if (file) appendFileSync(file, `${JSON.stringify(row)}\n`);
}
