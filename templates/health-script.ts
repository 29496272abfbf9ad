/** The files of a health script: the socket on which it is asked for, and the sandbox in which it runs. */
import { hasOwnUnit, layout, type Mesh, processUnitOf, type Service } from "../model";
import { render } from "./engine";
import { type NodeFile, nodeFile } from "./node-file";
import { OF_A_PROCESS_THAT_STAYS, settingsOf } from "./unit-settings";

/** Processes and threads of a health script, and of the program that waits for the agent. */
const HEALTH_TASKS = 256;

/** A health script runs as the service does, and with no more: as its user, in its sandbox, without its secret variables. */
export function healthFiles(mesh: Mesh, service: Service): NodeFile[] {
  const { name, health } = service;
  if (!health.script) return [];
  const { socketUnit, unit, socket } = layout.healthUnits;
  const owner = ownerOf(mesh, service);
  const settings = settingsOf(owner);
  const program = layout.programOf(mesh.name);
  const Service = settings.directives.Service.filter((line) => !OF_A_PROCESS_THAT_STAYS.test(line.name));
  const sandbox = render("systemd/service.service", {
    name,
    mesh: mesh.name,
    program,
    commands: [[program, "health", "serve", ...health.script]],
    ...settings,
    directives: { Unit: [], Service },
    // Those of the service are for its program.
    ...{ tasks: HEALTH_TASKS, memoryMax: null, cpuQuota: null },
    environmentFile: hasOwnUnit(owner) ? layout.environmentFile(owner.name) : null,
    secretFile: null,
    before: null,
    isHealth: true,
    process: processUnitOf(name, service),
  });
  const foreignAgent = mesh.consul.existing;
  const asked = render("systemd/health.socket", { name, mesh: mesh.name, socket: socket(name), foreignAgent });
  return [nodeFile(layout.unitFile(socketUnit(name)), asked), nodeFile(layout.unitFile(unit(name)), sandbox)];
}

/** The service whose process it is. */
export const ownerOf = ({ services }: Mesh, service: Service): Service =>
  services.find(({ name }) => name === service.sameProcessAs) ?? service;
