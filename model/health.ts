/** The health check of a service. */
import { z } from "zod";
import { combination, type ExactlyOne } from "./checking/combination";
import { field, text } from "./checking/fields";
import type { Path, Problems } from "./checking/problem";
import { hasBroken, isBroken, type Sound, type View } from "./checking/view";
import { durationFault } from "./formats/duration";
import { textFault, urlPathFault } from "./formats/text";

/** A length of time as Consul writes it: digits and a unit, `ms`, `s`, `m` or `h`, for example `500ms` or `2s`. */
export type Duration = string;

/** One of `http`, `tcp`, `grpc` or `script`. Consul: service definition `check`. */
export type HealthDeclaration = ExactlyOne<HealthChecks> & {
  /** @default "2s" */
  interval?: Duration;
  /** @default "1s" */
  timeout?: Duration;
};

interface HealthChecks {
  /** Path to GET on the service's port; 2xx is healthy. */
  http: string;
  /** A connection to the service's port is healthy. */
  tcp: true;
  /** gRPC health protocol on the service's port, asked for this service name (`""` asks for the whole server). */
  grpc: string;
  /**
   * Command and arguments; exit 0 is healthy. It runs as the agent's user in the agent's sandbox: it may read and connect, and
   * write nothing but its own /tmp. An agent that is not Gatehouse's needs `enable_local_script_checks`.
   */
  script: string[];
}

/** Exactly one of http, tcp, grpc, script is set. */
export type Health = HealthDeclaration & { interval: string; timeout: string };

export const healthSchema = combination<HealthDeclaration>(
  z.strictObject({
    http: text("write the path to GET, for example `/health`", urlPathFault).optional(),
    tcp: field(z.literal(true), "write `tcp: true`, or leave it out").optional(),
    grpc: text('write the gRPC service to ask for, or `""` for the whole server', textFault).optional(),
    script: field(
      z.array(text("write a string", textFault)),
      'write command and arguments, for example `["/usr/local/bin/check"]`',
    ).optional(),
    interval: text("write a length of time, for example `2s`", durationFault).optional(),
    timeout: text("write a length of time, for example `1s`", durationFault).optional(),
  }),
);

const WAYS = ["http", "tcp", "grpc", "script"] as const;

/** Each service has one kind of check. */
export function checkHealth(view: View, problems: Problems): void {
  for (const [name, { health }] of view.services.entries)
    if (health) checkOneHealth(health, ["services", name, "health"], problems);
}

function checkOneHealth(health: Sound<HealthDeclaration>, path: Path, problems: Problems): void {
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
}

function checkScript(script: (string | undefined)[], path: Path, problems: Problems): void {
  const remedy =
    'write the command with its full path on the node, and its arguments: `["/usr/local/bin/check", "-v"]`';
  if (script.length === 0) problems.add(path, script, { reason: "there is no command", remedy });
  else if (script[0] !== undefined && !script[0].startsWith("/")) {
    problems.add([...path, 0], script[0], {
      reason: "the agent does not look the command up: it needs its full path",
      remedy,
    });
  }
}

/** The check with its defaults. */
export function resolveHealth(health: HealthDeclaration = { tcp: true }): Health {
  return { ...health, interval: health.interval ?? "2s", timeout: health.timeout ?? "1s" };
}
