/** The report of gatehouse-node about its node. */
import type { Report } from "../templates";

export type { AgentService, EnvoyReport, Report as NodeReport, UnitReport } from "../templates";

/** The parts that every node has. One that lacks any was written by a program of another version. */
const sections = [
  "files",
  "tree",
  "needed",
  "written",
  "units",
  "uptime",
  "processes",
  "open",
  "envoys",
  "edges",
  "unpacked",
  "fences",
  "copies",
] as const;

/**
 * Reads what `gatehouse-node inspect` printed.
 * @throws {Unreadable} when a part is missing that every node has
 */
export function readReport(text: string): Report {
  const report = parse(text);
  const missing = sections.filter((name) => report[name] === undefined);
  if (missing.length > 0) throw new Unreadable(`the report lacks ${missing.join(", ")}`, report.version);
  return report as Report;
}

export class Unreadable extends Error {
  constructor(
    message: string,
    /** Version of the program that wrote it, if it says so. */
    readonly version?: string,
  ) {
    super(message);
  }
}

function parse(text: string): Partial<Report> {
  try {
    const report: unknown = JSON.parse(text);
    if (typeof report === "object" && report !== null) return report;
  } catch {} // refused below
  throw new Unreadable("it printed no report");
}
