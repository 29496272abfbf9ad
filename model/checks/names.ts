/** Names that are keys of the declaration. */
import { type nameFault, nodeNameFault, workloadNameFault } from "../formats/name";
import { variableFault } from "../formats/text";
import type { Path, Problems } from "../problem";
import type { View } from "../view";

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
