/** The health check of a service, from its definitions. */
import type { HealthDeclaration } from "../model";
import type { MadeCheck, MadeDefinition } from "../templates";
import type { Remarks } from "./remarks";

/** Undefined where it has none, or none that a declaration can have: then Gatehouse's own is used. */
export function healthOf(
  service: string,
  definitions: MadeDefinition[],
  port: number,
  remarks: Remarks,
): HealthDeclaration | undefined {
  const checks = definitions.flatMap((definition) => definition.checks);
  const change = (text: string) => remarks.add("changes", service, text);
  const distinct = [...new Map(checks.map((check) => [JSON.stringify(check), check])).values()];
  const usable = distinct.flatMap((check) => wayOf(check, port) ?? []);
  if (distinct.length > usable.length) change("a check that a declaration cannot have goes");
  if (usable.length > 1) change(`of its ${usable.length} checks the first is kept`);
  if (usable.length === 0) {
    change(`its health is a TCP check of port ${port}, every 2s`);
    return undefined;
  }
  if (usable[0]?.script)
    change("its health script runs as the service's user, and no longer as that of Consul's agent");
  for (const other of distinct.flatMap(({ others }) => others)) change(`the setting ${other} of its check goes`);
  return usable[0];
}

function wayOf({ http, tcp, grpc, args, interval, timeout }: MadeCheck, port: number): HealthDeclaration | undefined {
  const times = { ...(interval && { interval }), ...(timeout && { timeout }) };
  if (http) {
    const url = URL.canParse(http) ? new URL(http) : undefined;
    if (url?.protocol !== "http:" || Number(url.port || 80) !== port) return undefined;
    return { http: `${url.pathname}${url.search}`, ...times };
  }
  if (tcp) return tcp.endsWith(`:${port}`) ? { tcp: true, ...times } : undefined;
  if (grpc) {
    const [address = "", name = ""] = grpc.split("/");
    return address.endsWith(`:${port}`) ? { grpc: name, ...times } : undefined;
  }
  return args[0]?.startsWith("/") ? { script: args, ...times } : undefined;
}
