/** An intention: an allowed or denied call beyond the derived edges. */
import { z } from "zod";
import { combination, type ExactlyOne } from "./checking/combination";
import { field, text } from "./checking/fields";
import type { Path, Problems } from "./checking/problem";
import { hasBroken, items, type Sound, type View } from "./checking/view";
import { notOwned } from "./consul";
import { uncallable } from "./job";
import { notOursToAllow } from "./other-service";
import { actionSchema, checkHttp, type PermissionDeclaration, permissionSchema } from "./permission";

/** With either `action` or `permissions`. */
export type IntentionDeclaration = {
  /** A service, also one of `consul.services`, a gateway, or `*`. */
  source: string;
  /** A service of this mesh, or `*`. */
  destination: string;
} & ExactlyOne<{
  /** L4: for the whole connection. */
  action: "allow" | "deny";
  /** L7: the first that matches wins; a request that matches none is denied. Not for tcp services nor for destination `*`. */
  permissions: PermissionDeclaration[];
}>;

export const intentionSchema = combination<IntentionDeclaration>(
  z.strictObject({
    source: text("write the name of a service or gateway, or `*`", () => undefined),
    destination: text("write the name of a service, or `*`", () => undefined),
    action: actionSchema.optional(),
    permissions: field(z.array(permissionSchema), "write a list of permissions").optional(),
  }),
);

type Intention = Sound<IntentionDeclaration>;

/** Sources and destinations exist, each pair is named once, and the effect is clear. */
export function checkIntentions(view: View, problems: Problems): void {
  const seen = new Map<string, number>();
  for (const { index, value: intention } of view.intentions) {
    const path = ["intentions", index];
    checkEnds(intention, path, view, problems);
    checkPair(intention, index, seen, view, problems);
    checkEffect(intention, path, problems);
    checkL7(intention, path, view, problems);
    for (const { index: i, value: permission } of items(intention.permissions)) {
      if (permission.http) checkHttp(permission.http, [...path, "permissions", i, "http"], problems);
    }
  }
}

function checkEnds({ source, destination }: Intention, path: Path, view: View, problems: Problems): void {
  const { services, callable, gateways, others } = view;
  if (source !== undefined && source !== "*" && !gateways.has(source) && gateways.complete) {
    const fault = callable.unknown(source, "service or gateway", [...gateways.names()]);
    if (fault) problems.add([...path, "source"], source, fault);
  }
  if (destination === "*") {
    const remedy =
      'name a service as destination; or write `owns: ["default-deny"]` under consul for a Consul that is for this mesh alone';
    const unowned = notOwned(view, "default-deny", remedy);
    if (unowned) problems.add([...path, "destination"], destination, unowned);
    return;
  }
  if (destination === undefined) return;
  const fault = services.has(destination)
    ? uncallable(destination, services)
    : others.has(destination)
      ? notOursToAllow(destination)
      : gateways.has(destination)
        ? {
            reason: `\`${destination}\` is a gateway: calls come to it from outside the mesh, where there is no identity to check`,
            remedy: "name the service behind it as destination",
          }
        : services.unknown(destination, "service");
  if (fault) problems.add([...path, "destination"], destination, fault);
}

function checkPair(
  { source, destination }: Intention,
  index: number,
  seen: Map<string, number>,
  view: View,
  problems: Problems,
): void {
  if (source === undefined || destination === undefined) return;
  if (source === "*" && destination === "*") {
    if (notOwned(view, "default-deny", "")) return; // a problem of the destination already
    problems.add(["intentions", index], `${source} -> ${destination}`, {
      reason: "from everyone to everyone is Gatehouse's own entry: it denies all that is not declared",
      remedy: "remove it, and name a source or a destination for what should be allowed",
    });
    return;
  }
  const pair = JSON.stringify([source, destination]);
  const first = seen.get(pair);
  if (first === undefined) seen.set(pair, index);
  else {
    problems.add(["intentions", index], `${source} -> ${destination}`, {
      reason: `intentions[${first}] is about the same source and destination, and Consul keeps one`,
      remedy: "merge the two; permissions of one intention are tried in their order",
    });
  }
}

function checkEffect(intention: Intention, path: Path, problems: Problems): void {
  const [action, permissions] = [Object.hasOwn(intention, "action"), Object.hasOwn(intention, "permissions")];
  const remedy = "write `action` for the whole connection, or `permissions` for HTTP requests";
  if (action && permissions) {
    problems.add([...path, "action"], intention.action, {
      reason: "`action` and `permissions` exclude each other",
      remedy,
    });
  } else if (!action && !permissions && !hasBroken(intention)) {
    problems.add([...path, "action"], undefined, { reason: "it is not said what the intention does", remedy });
  } else if (intention.permissions?.length === 0) {
    problems.add([...path, "permissions"], intention.permissions, {
      reason: "the list is empty, so it is not said what the intention does",
      remedy,
    });
  }
}

function checkL7({ destination, permissions }: Intention, path: Path, view: View, problems: Problems): void {
  if (!permissions || destination === undefined) return;
  const remedy = "use `action`, or name one http service as destination";
  if (destination === "*") {
    problems.add([...path, "permissions"], permissions, {
      reason: "Consul takes no permissions where the destination is `*`",
      remedy,
    });
  } else if (view.services.get(destination)?.protocol === "tcp") {
    problems.add([...path, "permissions"], permissions, {
      reason: `\`${destination}\` speaks tcp (services.${destination}.protocol), in which there are no requests to look at`,
      remedy,
    });
  }
}
