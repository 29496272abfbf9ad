/** The units of a health script (node/script). No service's unit begins with `gatehouse-`. `layout.healthUnits` is this. */
const PREFIX = "gatehouse-health-";

export const healthUnits = {
  /** The socket on which Consul's agent asks for a run. */
  socketUnit: (service: string): string => `${PREFIX}${service}.socket`,
  /** The service's sandbox, in which the script runs. systemd starts it when it is asked. */
  unit: (service: string): string => `${PREFIX}${service}.service`,
  /** The path of the socket. */
  socket: (service: string): string => `/run/gatehouse-health/${service}`,
  /** The service of one of these units; undefined for others. */
  serviceOf: (unit: string): string | undefined =>
    unit.startsWith(PREFIX) ? unit.slice(PREFIX.length).replace(/\.(socket|service)$/, "") : undefined,
};
