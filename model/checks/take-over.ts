/** What is taken over has to be declared. */
import type { Mesh } from "../mesh";
import { didYouMean, type Problems } from "../problem";
import { items, type Section, type View } from "../view";

export function checkTakeOver({ declaration: { takeOver }, services, gateways }: View, problems: Problems): void {
  const known = (field: "services" | "gateways" | "letGo", section: Section<object>, what: string) => {
    for (const { index, value } of items(takeOver?.[field])) {
      const fault = section.unknown(value, what);
      if (fault) problems.add(["takeOver", field, index], value, fault);
    }
  };
  known("services", services, "service");
  known("gateways", gateways, "gateway");
  known("letGo", gateways, "gateway");
  if (takeOver && Object.hasOwn(takeOver, "gateways") && takeOver.gateways === undefined) return;
  for (const { index, value } of items(takeOver?.letGo)) {
    if (takeOver?.gateways?.includes(value) || !gateways.has(value)) continue;
    problems.add(["takeOver", "letGo", index], value, {
      reason: "only a gateway that is taken over leaves one behind that was made by hand",
      remedy: `name it under \`gateways\` too: \`takeOver: { gateways: ["${value}"] }\``,
    });
  }
}

/** Which entries a mesh writes follows from the whole declaration. */
export function checkTakenEntries({ takeOver, configEntries }: Mesh, problems: Problems): void {
  const written = configEntries.map(({ kind, name }) => `${kind}/${name}`);
  for (const [index, entry] of takeOver.configEntries.entries()) {
    if (written.includes(entry)) continue;
    problems.add(["takeOver", "configEntries", index], entry, {
      reason: "this mesh writes no such config entry, so there is nothing to take over",
      remedy: didYouMean(entry, written, `name one of: ${written.slice(0, 10).join(", ")}; or remove it`),
    });
  }
}
