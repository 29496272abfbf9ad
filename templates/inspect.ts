/** The program that looks at a machine; `shell/inspect.sh` says what it prints. */
import { readTemplate } from "./engine";
import { shellConf } from "./program";

export interface InspectValues {
  /** Absolute paths. */
  files: string[];
  /** Units that are declared on the machine. */
  units: string[];
  /** Those of them that only the mesh may reach. */
  services: string[];
  /** Every workload of the mesh. */
  names: string[];
  envoys: { name: string; adminPort: number }[];
  /** Lines for `try_edge`, each with its id and the answer that is expected in front. */
  edges: string[];
  /** After so many seconds no further edge is tried. */
  edgeSeconds: number;
}

/** For the standard input of bash. */
export function inspectProgram({ files, units, services, names, envoys, edges, edgeSeconds }: InspectValues): string {
  const values = shellConf({
    FILES: files.join("\n"),
    UNITS: units.join(" "),
    SERVICES: services.join(" "),
    NAMES: names.join(" "),
    ENVOYS: envoys.map(({ name, adminPort }) => `${name} ${adminPort}`).join("\n"),
    EDGES: edges.join("\n"),
    EDGE_SECONDS: edgeSeconds,
  });
  return values + readTemplate("shell/open-ports.sh") + readTemplate("shell/inspect.sh");
}
