/** The health check of a service. */
import { z } from "zod";
import { combination, type None } from "./checking/combination";
import { count, field, flag, port, text } from "./checking/fields";
import { oneOf, type Path, type Problems } from "./checking/problem";
import { hasBroken, isBroken, type Sound, type View } from "./checking/view";
import { durationFault, startTimeoutFault } from "./formats/duration";
import { textFault, urlPathFault } from "./formats/text";

/** A length of time as Consul writes it: digits and a unit, `ms`, `s`, `m` or `h`, for example `500ms` or `2s`. */
export type Duration = string;

/** One of `http`, `tcp`, `grpc` or `script`, each with what belongs to it. Consul: service definition `check`. */
export type HealthDeclaration = HealthOptions &
  (
    | (Way<"http"> & HttpOptions & TlsOption)
    | (Way<"tcp"> & TlsOption & None<HttpOptions>)
    | (Way<"grpc"> & TlsOption & None<HttpOptions>)
    | (Way<"script"> & None<HttpOptions & TlsOption & { port: number }>)
  );

/** The health of a service without a port: whether its process runs is all that there is to ask. */
export type JobHealthDeclaration = None<
  HealthChecks & HttpOptions & TlsOption & Omit<HealthOptions, "startTimeout">
> & {
  /**
   * How long a new process has to run without ending, with whatever exit code: `1s` to `1h`. A deploy waits for all of it, and goes
   * back to the release before when the process ends. @default "5s"
   */
  startTimeout?: Duration;
};

/** One kind of check. */
type Way<Kind extends keyof HealthChecks> = Pick<HealthChecks, Kind> & None<Omit<HealthChecks, Kind>>;

interface HealthOptions {
  /** Port on 127.0.0.1 that is checked. @default the service's port */
  port?: number;
  /** @default "2s" */
  interval?: Duration;
  /** @default "1s" */
  timeout?: Duration;
  /** So many good answers in a row make a critical service passing again. Consul: `success_before_passing`. @default 1 */
  successBeforePassing?: number;
  /**
   * So many bad answers in a row make a service critical. Consul: `failures_before_critical`.
   * @default 1, and 2 for the only instance of a service
   */
  failuresBeforeCritical?: number;
  /**
   * How long a release may take until it serves: `1s` to `1h`. A deploy waits for it, and then goes back to the release before.
   * @default "60s"
   */
  startTimeout?: Duration;
}

interface HttpOptions {
  /** Headers of the request, each with a list of values as in Consul: `{ Host: ["shop.example.org"] }`. @default {} */
  header?: Record<string, string[]>;
  /** @default "GET" */
  method?: "GET" | "HEAD" | "POST" | "PUT" | "OPTIONS";
}

interface TlsOption {
  /** The port speaks TLS. Its certificate is not verified: the port is on its own node. @default false */
  tls?: boolean;
}

interface HealthChecks {
  /** Path to ask for; 2xx is healthy. A redirect is not followed. */
  http: string;
  /** A connection is healthy. */
  tcp: true;
  /** gRPC health protocol, asked for this service name (`""` asks for the whole server). */
  grpc: string;
  /**
   * Command and arguments; exit 0 is healthy. It runs as the service's user in the service's sandbox, with its `env` and without its
   * secret variables, in a unit of its own. An agent that is not Gatehouse's needs `enable_local_script_checks`.
   */
  script: string[];
}

/** Exactly one of http, tcp, grpc, script is set; none for a service without a port. */
export type Health = (HealthDeclaration | Omit<JobHealthDeclaration, "interval" | "timeout">) & {
  interval: string;
  timeout: string;
};

const METHODS = ["GET", "HEAD", "POST", "PUT", "OPTIONS"] as const;
const HEADER = 'write `{ Host: ["shop.example.org"] }`';

export const healthSchema = combination<HealthDeclaration>(
  z.strictObject({
    http: text("write the path to GET, for example `/health`", urlPathFault).optional(),
    tcp: field(z.literal(true), "write `tcp: true`, or leave it out").optional(),
    grpc: text('write the gRPC service to ask for, or `""` for the whole server', textFault).optional(),
    script: field(
      z.array(text("write a string", textFault)),
      'write command and arguments, for example `["/usr/local/bin/check"]`',
    ).optional(),
    port: port("write the port that is checked on 127.0.0.1, for example 9011").optional(),
    header: field(z.record(z.string(), field(z.array(text("write a string", textFault)), HEADER)), HEADER).optional(),
    method: field(z.enum(METHODS), `write one of ${METHODS.join(", ")}`).optional(),
    tls: flag().optional(),
    interval: text("write a length of time, for example `2s`", durationFault).optional(),
    timeout: text("write a length of time, for example `1s`", durationFault).optional(),
    successBeforePassing: count(1, 100).optional(),
    failuresBeforeCritical: count(1, 100).optional(),
    startTimeout: text("write a length of time, for example `3m`", startTimeoutFault).optional(),
  }) as never,
);

const WAYS = ["http", "tcp", "grpc", "script"] as const;

/** Each service has one kind of check. */
export function checkHealth(view: View, problems: Problems): void {
  for (const [name, { health, ...service }] of view.services.entries)
    if (health && (Object.hasOwn(service, "port") || hasBroken(service)))
      checkOneHealth(health, ["services", name, "health"], problems);
}

function checkOneHealth(health: Sound<HealthDeclaration | JobHealthDeclaration>, path: Path, problems: Problems): void {
  const given = WAYS.filter((way) => Object.hasOwn(health, way));
  if (given.length > 1 || (given.length === 0 && !hasBroken(health))) {
    problems.add(path, health, {
      reason: given.length
        ? `${given.join(" and ")} are given, and a service has one check`
        : "it is not said what to check",
      remedy: "keep exactly one of `http`, `tcp`, `grpc` and `script`",
    });
  }
  if (health.script && !isBroken(health, "script")) checkScript(health.script, [...path, "script"], problems);
  if (given.length === 1) checkOptions(health, given[0]!, path, problems);
}

/** The kinds of check that an option belongs to. */
const BELONGS: Record<string, readonly (typeof WAYS)[number][]> = {
  header: ["http"],
  method: ["http"],
  tls: ["http", "tcp", "grpc"],
  port: ["http", "tcp", "grpc"],
};

function checkOptions(
  health: Sound<HealthDeclaration>,
  way: (typeof WAYS)[number],
  path: Path,
  problems: Problems,
): void {
  for (const [option, ways] of Object.entries(BELONGS)) {
    const value = health[option as "port"];
    if (value === undefined || ways.includes(way)) continue;
    problems.add([...path, option], value, {
      reason: `a check by \`${way}\` has no \`${option}\``,
      remedy: `remove it, or check by ${oneOf(ways)}`,
    });
  }
  for (const name of Object.keys(health.header ?? {})) {
    if (/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) continue;
    problems.add([...path, "header", name], name, { reason: "this is not the name of a header", remedy: HEADER });
  }
}

function checkScript(script: (string | undefined)[], path: Path, problems: Problems): void {
  const remedy =
    'write the command with its full path on the node, and its arguments: `["/usr/local/bin/check", "-v"]`';
  if (script.length === 0) problems.add(path, script, { reason: "there is no command", remedy });
  else if (script[0] !== undefined && !script[0].startsWith("/")) {
    problems.add([...path, 0], script[0], {
      reason: "a script is started by its full path on the node",
      remedy,
    });
  }
}

type Declared = HealthDeclaration | JobHealthDeclaration;

/** The check with its defaults. */
export function resolveHealth(health: Declared = { tcp: true }): Health {
  return { ...health, interval: health.interval ?? "2s", timeout: health.timeout ?? "1s" } as Health;
}

/** That of a service without a port: no check. */
export function resolveJobHealth({ startTimeout }: Declared = {}): Health {
  return { ...(startTimeout !== undefined && { startTimeout }), interval: "2s", timeout: "1s" };
}
