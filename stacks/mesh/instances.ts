/**
 * Phase: the instances of services, upstreams before their callers, then those of gateways. Instances of one service
 * follow each other.
 */
import {
  type Binary,
  type Gateway,
  type Instance,
  layout,
  type MeshNode,
  type Service,
  secretNames,
} from "../../model";
import { instanceRelease } from "../../templates";
import { RemoteProgram, type RemoteProgramProps } from "../remote-program";
import { UploadedBinary } from "../uploaded-binary";
import type { Begun } from "./begun";
import { type Context, present } from "./context";
import type { ReadyNodes } from "./nodes";
import type { Tokens } from "./tokens";

/** The last instance of a service or gateway, by its name: when it serves, all do. */
export type LastInstances = ReadonlyMap<string, RemoteProgram>;

interface After {
  nodes: ReadyNodes;
  tokens: Tokens;
  begun: Begun;
}

export function startInstances(context: Context, after: After): LastInstances {
  const phase = new Instances(context, after);
  for (const kind of ["service", "ingress-gateway"]) {
    for (const instance of context.mesh.instances) {
      if (instance.workload.kind === kind) phase.start(instance);
    }
  }
  return phase.last;
}

class Instances {
  readonly last = new Map<string, RemoteProgram>();
  private readonly binaries = new Map<string, UploadedBinary>();

  constructor(
    private readonly context: Context,
    private readonly after: After,
  ) {}

  start(instance: Instance): void {
    const { stack, mesh, review } = this.context;
    const { nodes, tokens, begun } = this.after;
    const { name, workload, node } = instance;
    const release = instanceRelease(mesh, instance);
    const token = tokens.ofInstance.get(instance);
    review.addInstance(name, node, release.files);
    const before = this.last.get(workload.name);
    const started = new RemoteProgram(stack, layout.resources.instance(name, node.name), {
      node,
      program: release.program,
      triggers: { release: release.hash, ...(token && { token: token.id }) },
      ...environmentOf(this.context, instance),
      dependsOn: present(
        nodes.wipes.get(node.name),
        tokens.brought.get(node.name),
        begun.get(node.name),
        workload.kind === "service" && workload.binary && this.upload(node, workload.binary, before),
        // The instance of the same workload before this one, or else those that must serve before the first one. A
        // gateway needs none: its routes are written later.
        ...(before ? [before] : comesAfter(workload).map((name) => this.last.get(name))),
      ),
    });
    this.last.set(workload.name, started);
  }

  /** Uploaded when the instance before it serves: of a release that does not work, nothing is left on other nodes. */
  private upload(node: MeshNode, binary: Binary, before?: RemoteProgram): UploadedBinary | undefined {
    if (binary.url !== undefined) return undefined; // the node fetches it
    const id = UploadedBinary.idFor(node, binary);
    const existing = this.binaries.get(id);
    if (existing) return existing;
    const { stack, mesh } = this.context;
    const dependsOn = present(this.after.nodes.ready.get(node.name), before);
    const added = new UploadedBinary(stack, { mesh: mesh.name, node, binary, dependsOn });
    this.binaries.set(id, added);
    return added;
  }
}

/** The secret variables and files of a service: each run of its program brings them again. */
function environmentOf(
  { mesh, secrets }: Context,
  { name: instance, workload }: Instance,
): Pick<RemoteProgramProps, "secrets" | "requires"> {
  if (workload.kind !== "service" || secretNames(workload).length === 0 || !secrets) return {};
  const values = secretNames(workload).map((name) => [name, secrets.valueOf(workload.name, name)]);
  const files = (workload.secretFiles ?? []).map(({ secret, name }) =>
    secrets.requireFileOf(workload.name, secret, name),
  );
  return {
    secrets: { mesh: mesh.name, name: `env-${instance}`, values: Object.fromEntries(values) },
    requires: [...workload.secrets.map(({ name }) => secrets.requireValueOf(workload.name, name)), ...files],
  };
}

/** Workloads that serve before the first instance of this one. */
function comesAfter(workload: Service | Gateway): string[] {
  return workload.kind === "service" ? workload.deployAfter : [];
}
