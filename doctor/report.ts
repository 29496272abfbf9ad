/** What a machine told about itself: the JSON of `templates/shell/inspect.sh`. */

export interface MachineReport {
  files: { path: string; type: string; owner: string; mode: string }[];
  sums: { path: string; sha256: string }[];
  /** Below /opt/gatehouse. `type` as of find: f, d, l. */
  tree: { path: string; type: string; target: string }[];
  /** Binaries that a release on the machine names. */
  needed: { sha256: string }[];
  /** Units and definitions that say that Gatehouse wrote them. */
  written: { path: string }[];
  /** Properties as systemctl shows them. */
  units: Record<string, string | undefined>[];
  /** Seconds since the machine started. */
  uptime: number;
  processes: { unit: string; exe: string; sha256: string }[];
  /** Sockets of services that are not on loopback, as the kernel writes them. */
  open: { unit: string; at: string }[];
  /** Undefined when the agent did not answer. */
  services?: AgentService[];
  checks?: { ServiceID: string; Name: string; Status: string; Output: string }[];
  leader?: string;
  envoys: EnvoyReport[];
  edges: { id: string; answer: string; detail: string }[];
}

export interface AgentService {
  ID: string;
  Service: string;
  Kind: string | null;
  Port: number;
  /** Of a sidecar: the service that it is for. */
  Of: string | null;
  Upstreams: { DestinationName: string; LocalBindPort: number }[] | null;
}

export interface EnvoyReport {
  name: string;
  /** `LIVE`, or empty when the admin page does not answer. */
  ready: string;
  listeners: { name: string; port: number }[];
  clusters: { name: string; healthy: number }[];
  certificates: { from: string; to: string }[];
}

const sections = [
  "files",
  "sums",
  "tree",
  "needed",
  "written",
  "units",
  "uptime",
  "processes",
  "open",
  "edges",
] as const;

/** @throws when a section is missing that every machine has */
export function readReport(text: string): MachineReport {
  const report: Record<string, unknown> & { envoys: unknown[] } = { envoys: [] };
  for (const line of text.split("\n").filter((one) => one.startsWith("{"))) {
    const { envoy, ...rest } = JSON.parse(line);
    if (envoy) report.envoys.push(envoy);
    Object.assign(report, rest);
  }
  const missing = sections.filter((name) => report[name] === undefined);
  if (missing.length > 0) throw new Error(`it did not tell its ${missing.join(", ")}`);
  return report as unknown as MachineReport;
}
