/** Files that Terraform writes next to the project can hold tokens: they are for the owner alone. */
import { chmodSync, closeSync, openSync } from "node:fs";
import { type App, LocalBackend } from "cdktf";

/**
 * Closes the output folder (plans) and the local states to everybody else. Terraform keeps the mode of a file that is
 * there, so a state that is still to come begins as an empty one.
 */
export function keepPrivate(app: App): void {
  chmodSync(app.outdir, 0o700);
  for (const state of localStates(app)) {
    for (const file of [state, `${state}.backup`]) {
      closeSync(openSync(file, "a", 0o600));
      chmodSync(file, 0o600);
    }
  }
}

function localStates(app: App): string[] {
  const elements = app.node.children.flatMap((stack) => stack.node.children);
  const backends = elements.filter((element) => element instanceof LocalBackend);
  return backends.map((backend) => backend.toTerraform().terraform.backend.local.path);
}
