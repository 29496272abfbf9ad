/** The config entries that the state of a mesh has. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localStateText } from "./local-state";
import { open, stacksIn } from "./open-state";
import { chooseProviders } from "./provider-choice";
import type { State } from "./state-content";

/** A config entry as Terraform last wrote it or found it. */
export interface WrittenEntry {
  kind: string;
  name: string;
  config: Record<string, unknown>;
}

/**
 * The config entries that Terraform's state of the mesh has; none where there is no state yet. A state that is not local is asked
 * of Terraform, which takes seconds.
 * @throws when the state cannot be read
 */
export async function writtenEntries(mesh: string, env = process.env): Promise<WrittenEntry[]> {
  const backend = env.GATEHOUSE_BACKEND || "local";
  const state = backend === "local" ? localState(mesh, "mesh") : await pulledState(backend, "mesh");
  return (state?.resources ?? [])
    .filter(({ type }) => type === "consul_config_entry")
    .flatMap(({ instances = [] }) => instances)
    .map(({ attributes: { kind = "", name = "", config_json } }) => ({
      ...{ kind, name },
      config: JSON.parse(config_json || "{}"),
    }));
}

function localState(mesh: string, stack: string): State | undefined {
  const text = localStateText(mesh, stack);
  return text === "" ? undefined : JSON.parse(text);
}

async function pulledState(backend: string, stack: string): Promise<State | undefined> {
  const { env } = await chooseProviders(() => {});
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-state-")); // of this user alone: a state can hold secrets
  try {
    await stacksIn(backend, join(folder, "synth"), env);
    return await (await open(join(folder, "synth"), stack, env)).pull();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
