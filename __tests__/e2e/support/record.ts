/** Rows of docs/reliability.md: what a change, a rollout or a fault did to the requests that went on meanwhile. */
import { appendFileSync } from "node:fs";
import { verdictOnLast } from "./doctor";
import { type Load, underLoad } from "./load";
import { gatewayUrl } from "./mesh";

export interface Row {
  /** The table's heading, e.g. `Rollouts`. */
  section: string;
  /** The change, e.g. `new binary, two instances`. */
  change: string;
  /** Requests sent meanwhile. */
  sent: number;
  /** Requests among them that got anything but a 200. */
  failed: number;
  /** Seconds until the mesh was as declared again. */
  seconds: number;
  /** Doctor's verdict afterwards. @default it is asked */
  doctor?: string;
}

/**
 * Appends the row as one line of JSON to the file named by `GATEHOUSE_RELIABILITY`, with the doctor's verdict on the
 * mesh that was deployed last unless the row has one; without that file does nothing.
 */
export async function record(row: Row): Promise<void> {
  const file = process.env.GATEHOUSE_RELIABILITY;
  if (!file) return;
  const doctor = row.doctor ?? (await verdictOnLast());
  appendFileSync(file, `${JSON.stringify({ ...row, doctor })}\n`);
}

/** Sends requests while something goes wrong and is put right, and records the row. */
export async function during<T>(change: string, fault: () => Promise<T>): Promise<{ load: Load; result: T }> {
  const began = Date.now();
  const done = await underLoad(gatewayUrl, fault);
  const { sent, failed } = done.load;
  await record({ section: "Faults", change, sent, failed, seconds: (Date.now() - began) / 1000 - 2 });
  return done;
}
