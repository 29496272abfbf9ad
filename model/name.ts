/** Names: of the mesh, nodes, services and gateways. They end in unit files, paths, DNS labels and Consul's API. */

import type { Fault, Path, Problems } from "./checking/problem";
import type { View } from "./checking/view";
import { variableFault } from "./formats/text";
import { isSidecar, sidecarOf } from "./layout";

export const LONGEST_NAME = 63;

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const REMEDY = `use 1 to ${LONGEST_NAME} of a-z, 0-9 and \`-\`, with a letter or digit at both ends, for example \`web-1\``;

/** Names that mean something already, by the reason. A unit's name is the service's with `.service` behind it. */
const RESERVED: ReadonlyMap<string, readonly string[]> = new Map([
  ["Consul itself uses this name", ["consul", "global", "default", "any"]],
  ["Gatehouse puts a command or a unit of this name on the nodes", ["mesh", "gatehouse"]],
  [
    "a node has a systemd unit or a command of this name",
    (
      "apparmor auditd cloud-config cloud-final cloud-init console-getty cron crond dbus dbus-broker debug-shell " +
      "emergency getty halt hibernate init kexec kmod ldconfig networkd networking networkmanager nftables polkit " +
      "poweroff procps quotaon rc-local reboot rescue rsyslog serial-getty shutdown sleep ssh sshd suspend syslog udev"
    ).split(" "),
  ],
]);

const NODE_RESERVED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    localhost: "every node calls itself that",
    stacks: "the output folder has a folder of each node next to its own `stacks`",
  }),
);

/** The fault of a name, or undefined. */
export function nameFault(name: string): Fault | undefined {
  if (NAME.test(name)) return undefined;
  return { reason: brokenRule(name), remedy: REMEDY };
}

/** As `nameFault`, and refuses what a node cannot be called. */
export function nodeNameFault(name: string): Fault | undefined {
  const reason = NODE_RESERVED.get(name);
  return reason ? { reason: `\`${name}\` is reserved: ${reason}`, remedy: "choose another name" } : nameFault(name);
}

/** As `nameFault`, and refuses names of units that a node already has: services and gateways become units. */
export function workloadNameFault(name: string): Fault | undefined {
  const fault = nameFault(name);
  if (fault) return fault;
  const remedy = "choose another name";
  for (const [reason, names] of RESERVED) {
    if (names.includes(name)) return { reason: `\`${name}\` is reserved: ${reason}`, remedy };
  }
  if (name.startsWith("systemd"))
    return { reason: "names that begin with `systemd` are reserved: they are systemd's own units", remedy };
  if (name.startsWith("gatehouse-"))
    return { reason: "names that begin with `gatehouse-` are reserved: they are Gatehouse's own units", remedy };
  if (isSidecar(name)) {
    return {
      reason: `names that end in \`${sidecarOf("")}\` are reserved: Consul and Gatehouse name the sidecars so`,
      remedy,
    };
  }
  return undefined;
}

function brokenRule(name: string): string {
  if (name === "") return "the name is empty";
  if (/\s/.test(name)) return "the name has white space in it, which splits it in a shell and in a unit file";
  if (name.includes("/") || name === "." || name.includes("..")) {
    return "the name has `/` or `..` in it, and it becomes part of file paths on the node";
  }
  const special = /[$`;&|<>(){}[\]!*?~#'"\\%@:=]/.exec(name);
  if (special)
    return `the name has \`${special[0]}\` in it, which a shell, systemd, Consul or Terraform takes for something else`;
  if (/[A-Z]/.test(name)) return "the name has upper-case letters in it, and Consul's DNS does not tell cases apart";
  const other = /[^a-z0-9-]/u.exec(name);
  if (other) return `the name has ${JSON.stringify(other[0])} in it, which is not allowed in a DNS label`;
  if (name.length > LONGEST_NAME)
    return `the name has ${name.length} characters and a DNS label at most ${LONGEST_NAME}`;
  return "the name begins or ends with `-`, which no DNS label may, and which a command takes for an option";
}

/** Names of nodes, services, gateways and environment variables, which are keys of the declaration. */
export function checkNames(view: View, problems: Problems): void {
  const check = (path: Path, name: string, judge: typeof nameFault) => {
    const fault = judge(name);
    if (fault) problems.add([...path, name], name, fault);
  };
  for (const [name] of view.nodes.entries) check(["nodes"], name, nodeNameFault);
  for (const [name, service] of view.services.entries) {
    check(["services"], name, workloadNameFault);
    for (const field of ["env", "secrets"] as const)
      for (const variable of Object.keys(service.run?.[field] ?? {}))
        check(["services", name, "run", field], variable, variableFault);
  }
  for (const [name] of view.gateways.entries) {
    check(["gateways"], name, workloadNameFault);
    if (!view.services.has(name)) continue;
    problems.add(["gateways", name], name, {
      reason: `\`${name}\` is also the name of a service (services.${name}), and both would be \`${name}\` in Consul and in systemd`,
      remedy: "rename one of them",
    });
  }
}
