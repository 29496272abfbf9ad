/** Where a stack's state lives. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  App,
  CloudBackend,
  LocalBackend,
  NamedCloudWorkspace,
  NamedRemoteWorkspace,
  RemoteBackend,
  TerraformBackend,
  type TerraformRemoteState,
  type TerraformStack,
} from "cdktf";
import type { Construct } from "constructs";
import { type Backend, LOCAL, runsElsewhere, settingsFor } from "./backend-settings";
import { removeCloudOverride, writeCloudOverride } from "./cloud-override";
import { prepareUpload } from "./remote-run";
import { terraformLiteral } from "./terraform-literal";

/** Each mesh has a state of its own: another mesh's deploy must not take this one down. */
export function useBackend(stack: TerraformStack, meshName: string, backend: Backend = LOCAL): void {
  const folder = join(App.of(stack).outdir, "stacks", stack.node.id);
  mkdirSync(folder, { recursive: true });
  forgetOtherMesh(folder, meshName);
  removeCloudOverride(folder);
  rmSync(join(folder, "gatehouse-import.tf.json"), { force: true }); // of an earlier recovery or repair (recover/)
  if (runsElsewhere(backend)) prepareUpload(stack, folder);
  switch (backend.kind) {
    case "local":
      useLocal(stack, meshName, folder);
      return;
    case "cloud": {
      const { organization, hostname, project } = backend;
      const workspace = `${meshName}-${stack.node.id}`;
      const workspaces = new NamedCloudWorkspace(workspace, project);
      new CloudBackend(stack, { organization, hostname, workspaces });
      writeCloudOverride(folder, { organization, hostname, project, workspace });
      return;
    }
    case "remote": {
      const { organization, hostname } = backend;
      const workspaces = new NamedRemoteWorkspace(`${meshName}-${stack.node.id}`);
      new RemoteBackend(stack, { organization, hostname, workspaces });
      return;
    }
    default:
      new StateBackend(stack, backend.kind, settingsFor(backend.settings, meshName, stack.node.id));
  }
}

function useLocal(stack: TerraformStack, meshName: string, folder: string): void {
  const path = resolve(`terraform.${meshName}.${stack.node.id}.tfstate`);
  new LocalBackend(stack, { path });
  forgetOtherState(join(folder, ".terraform", "terraform.tfstate"), path);
}

/** A backend with Terraform's own arguments: cdktf's classes know some of them only, and ask for secrets. */
class StateBackend extends TerraformBackend {
  constructor(
    scope: Construct,
    kind: string,
    private readonly settings: Record<string, unknown>,
  ) {
    super(scope, "backend", kind);
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    const literal = (value: unknown) => (typeof value === "string" ? terraformLiteral(value) : value);
    return Object.fromEntries(Object.entries(this.settings).map(([name, value]) => [name, literal(value)]));
  }

  protected override synthesizeHclAttributes(): Record<string, unknown> {
    return this.synthesizeAttributes();
  }

  override getRemoteStateDataSource(): TerraformRemoteState {
    throw new Error("the stacks of a mesh read nothing from each other's state");
  }
}

/**
 * Terraform notes in its working folder where the state was, and refuses to go on when that changes, as it does with
 * every other mesh from the same checkout. The note is all that is removed.
 */
function forgetOtherMesh(folder: string, meshName: string): void {
  const ours = join(folder, ".mesh");
  const before = existsSync(ours) ? readFileSync(ours, "utf8") : undefined;
  if (before !== undefined && before !== meshName) {
    rmSync(join(folder, ".terraform", "terraform.tfstate"), { force: true });
  }
  if (before !== meshName) writeFileSync(ours, meshName);
}

/** The same for two local states, whoever made them: the checkout may have moved. */
function forgetOtherState(note: string, path: string): void {
  if (!existsSync(note)) return;
  const text = readFileSync(note, "utf8");
  const { backend } = text.trim() === "" ? {} : JSON.parse(text); // empty: a killed run had not yet written it
  if (backend?.type === "local" && backend.config?.path !== path) rmSync(note);
}
