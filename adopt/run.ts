/** The program of a service, from the unit that runs it. */
import { basename } from "node:path";
import {
  type RunDeclaration,
  type ServiceDeclaration,
  sandboxPathFault,
  unitUserFault,
  workingDirectoryFault,
} from "../model";
import type { MadeUnit } from "../templates";
import { type Place, programUnit } from "./found";
import type { Remarks } from "./remarks";

/**
 * The program stays the file of the node that it is, unless a service in its sandbox could not see it. Undefined where no
 * unit runs it.
 */
export function runOf(
  service: string,
  places: Place[],
  remarks: Remarks,
  scp: (node: string, path: string, to: string) => string,
): RunDeclaration | undefined {
  const units = places.flatMap((place) => ({ node: place.node, unit: programUnit(place) }));
  for (const { node, unit } of units)
    if (!unit) remarks.add("blocks", service, `no unit of ${node} was found that runs it`);
  const running = units.flatMap(({ node, unit }) => (unit ? [{ node, unit }] : []));
  const [first] = running;
  if (!first) return undefined;
  for (const { node, unit } of running.slice(1)) compare(service, first, { node, unit }, remarks);
  for (const { unit } of running) remarkUnit(service, unit, remarks);
  const { command, environment, secrets } = first.unit;
  const [program = "", ...args] = command;
  const settings = {
    ...expressed(first.unit),
    ...(Object.keys(environment).length > 0 && { env: environment }),
    ...(secrets.length > 0 && { secrets: Object.fromEntries(secrets.map((name) => [name, { version: "1" }])) }),
  };
  if (sandboxPathFault(program) === undefined) return { command, ...settings };
  const binary = `build/${basename(program)}`;
  remarks.add("to do", service, `copy its program into the project: ${scp(first.node, program, binary)}`);
  return { binary, ...(args.length > 0 && { args }), ...settings };
}

interface Running {
  node: string;
  unit: MadeUnit;
}

function compare(service: string, one: Running, other: Running, remarks: Remarks): void {
  const settings = ({ command, environment, secrets, user, workingDirectory }: MadeUnit) =>
    JSON.stringify([command, Object.entries(environment).sort(), secrets, user, workingDirectory]);
  const between = `${one.node} and ${other.node}`;
  if (settings(one.unit) !== settings(other.unit)) {
    remarks.add("blocks", service, `${between} start it differently: declare one way, that of ${one.node} is written`);
  } else if (one.unit.sha256 !== other.unit.sha256) {
    remarks.add("changes", service, `${between} have different programs at ${one.unit.command[0]}; each keeps its own`);
  }
}

/** Whatever of the unit a release does not do as it does. */
function remarkUnit(service: string, unit: MadeUnit, remarks: Remarks): void {
  const change = (text: string) => remarks.add("changes", service, text);
  const block = (text: string) => remarks.add("blocks", service, text);
  for (const name of unit.cutArguments)
    block(`${name} of its command looks like a secret, and is left out: have it read a variable, under run.secrets`);
  if (unit.command.some((word) => /\$\w|\$\{/.test(word)))
    block("its command has a variable that systemd fills in: write the value");
  for (const file of unit.environmentFiles)
    block(`its environment is in ${file}, which was not read: move it to run.env and run.secrets`);
  for (const name of unit.secrets)
    remarks.add(
      "to do",
      service,
      `${name} looks like a secret: put its value under services.${service}.${name} of the mesh's secrets (npm run secrets)`,
    );
  const { user, workingDirectory } = expressed(unit);
  if (user === undefined)
    change(
      `it runs as a user of its own, no longer as ${unit.user || "root"}: it reads and writes only what that user may`,
    );
  if (unit.workingDirectory && workingDirectory === undefined)
    change(`it no longer starts in ${unit.workingDirectory}`);
  for (const other of unit.others) change(`${other}= of ${unit.name} goes`);
}

/** User and folder, as far as a service may have them. */
function expressed({ user, workingDirectory }: MadeUnit): Pick<RunDeclaration, "user" | "workingDirectory"> {
  return {
    ...(user !== "" && unitUserFault(user) === undefined && { user }),
    ...(workingDirectory !== "" && workingDirectoryFault(workingDirectory) === undefined && { workingDirectory }),
  };
}

const MEBIBYTE = 2 ** 20;

/** The limits of the units, the highest of each where nodes differ. */
export function limitsOf(places: Place[]): Pick<ServiceDeclaration, "memoryMax" | "cpuQuota"> {
  const units = places.flatMap((place) => programUnit(place) ?? []);
  const memory = Math.max(0, ...units.map(({ memoryMax }) => memoryMax));
  const cpu = Math.max(0, ...units.map(({ cpuQuota }) => cpuQuota));
  return {
    ...(memory > 0 && { memoryMax: `${Math.ceil(memory / MEBIBYTE)}M` }),
    ...(cpu > 0 && { cpuQuota: `${cpu}%` }),
  };
}
