/** Directives of a service's unit that have no field of their own. */
import { z } from "zod";
import { field, text } from "./checking/fields";
import type { Fault, Path, Problems } from "./checking/problem";
import type { Sound } from "./checking/view";
import { textFault } from "./formats/text";

/** Fields of `run`. */
export interface DirectivesDeclaration {
  /**
   * Further directives by section, as they are in a unit file: `{ Service: { OOMScoreAdjust: "-500" } }`. A list writes one line for
   * each value. A directive that may weaken the sandbox gives a warning, and one that Gatehouse writes itself is refused.
   * @default {}
   */
  unit?: { [Name in SectionName]?: Record<string, string | string[]> };
}

type SectionName = "Unit" | "Service";

/** A line of a section. */
export interface Directive {
  name: string;
  value: string;
}

/** The same in the checked mesh; what is not declared is not there. */
export interface Directives {
  unit?: { [Name in SectionName]?: Directive[] };
}

const FORM = 'write `{ Service: { OOMScoreAdjust: "-500" } }`';

/** systemd joins a line that ends with a backslash with the next one. */
const valueFault = (value: string): Fault | undefined =>
  value.endsWith("\\")
    ? { reason: "a line that ends with `\\` goes on in the next one", remedy: "remove it" }
    : textFault(value);

const value = text("write a text, as in a unit file", valueFault);
const section = field(
  z.record(z.string(), field(z.union([value, z.array(value)]), "write a text or a list of texts, as in a unit file")),
  FORM,
);

/** The value of `run.unit`, unless that is the name of a unit. */
export const sectionsSchema = field(z.strictObject({ Unit: section.optional(), Service: section.optional() }), FORM);

/** Directives that Gatehouse writes, by the field of `run` that decides about them. */
const FIELDS: Record<string, string> = {
  CacheDirectory: "cacheDirectory",
  CPUQuota: "limits.cpuQuota",
  Environment: "env",
  EnvironmentFile: "env",
  Group: "group",
  KillSignal: "stopSignal",
  LimitNOFILE: "limits.openFiles",
  LogsDirectory: "logsDirectory",
  MemoryMax: "limits.memoryMax",
  ReadWritePaths: "readWritePaths",
  StateDirectory: "stateDirectory",
  TasksMax: "limits.tasks",
  TimeoutStopSec: "stopTimeout",
  User: "user",
  WorkingDirectory: "workingDirectory",
};

/** Directives on which a deploy counts, or that run something as root. */
const OWN =
  /^(Exec.*|Type|DynamicUser|Description|SupplementaryGroups|PAMName|RemainAfterExit|.*Directory(Mode|Preserve)?)$/;

export function checkDirectives({ unit = {} }: Sound<DirectivesDeclaration>, path: Path, problems: Problems): void {
  for (const [name, directives] of Object.entries(unit)) {
    for (const [directive, value] of Object.entries(directives ?? {})) {
      const fault = directiveFault(directive);
      if (fault) problems.add([...path, "unit", name, directive], value ?? directive, fault);
    }
  }
}

function directiveFault(name: string): Fault | undefined {
  if (!/^[A-Z][A-Za-z0-9]{1,63}$/.test(name)) {
    return {
      reason: "this is not the name of a directive",
      remedy: "write it as systemd.exec(5) does, for example `Nice`",
    };
  }
  const instead = FIELDS[name];
  if (instead !== undefined)
    return { reason: "this directive has a field of its own", remedy: `write \`run.${instead}\`` };
  if (!OWN.test(name)) return undefined;
  return {
    reason: "a deploy counts on what Gatehouse writes there, or it would run something outside of the sandbox",
    remedy: "remove it; a program that needs it is a unit of its own",
  };
}

export function resolveDirectives({ unit = {} }: DirectivesDeclaration): Directives {
  const sections = Object.entries(unit).flatMap(([name, directives]) => {
    const lines = Object.entries(directives).flatMap(([directive, values]) =>
      [values].flat().map((one) => ({ name: directive, value: one })),
    );
    return lines.length > 0 ? [[name, lines]] : [];
  });
  return sections.length > 0 ? { unit: Object.fromEntries(sections) } : {};
}

/** Directives that take nothing away from the sandbox, and give the service no more of the node than it has. */
const HARMLESS = new RegExp(
  `^(${[
    ...[
      "OOMScoreAdjust",
      "OOMPolicy",
      "Nice",
      "CPUWeight",
      "StartupCPUWeight",
      "IOWeight",
      "AllowedCPUs",
      "Slice",
      "CPUAffinity",
    ],
    ...[
      "Memory(High|Low|Min|SwapMax|DenyWriteExecute)",
      "Restart(Sec)?",
      "Timeout(Start|Abort)Sec",
      "RuntimeMaxSec",
      "Limit[A-Z]+",
    ],
    ...[
      "Syslog.*",
      "Log.*",
      "IPAddressDeny",
      "ProcSubset",
      "NoExecPaths",
      "InaccessiblePaths",
      "ReadOnlyPaths",
      "KillMode",
    ],
    ...[
      "FinalKillSignal",
      "SendSIGKILL",
      "After",
      "Wants",
      "Requires",
      "BindsTo",
      "PartOf",
      "Documentation",
      "(Condition|Assert).*",
    ],
    ...["StartLimit.*", "(CPU|IO|IP|Memory|Tasks)Accounting"],
  ].join("|")})$`,
);

/** Declared directives that may weaken a service's sandbox. */
export const weakening = ({ unit = {} }: Directives): string[] => [
  ...new Set(
    Object.values(unit)
      .flat()
      .map(({ name }) => name)
      .filter((name) => !HARMLESS.test(name)),
  ),
];
