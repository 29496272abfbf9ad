/** The synthesized Terraform as the tests look at it. */
import { type App, Testing } from "cdktf";
import type { Mesh } from "../../model";
import type { NodePrograms } from "../../stacks";
import { ClusterStack } from "../../stacks/cluster-stack";
import { MeshStack } from "../../stacks/mesh-stack";
import { readInline } from "./terraform-text";

/** Some file in the place of gatehouse-node. */
export const programs: NodePrograms = {
  amd64: { path: __filename, sha256: "a".repeat(64), version: "0123456789ab" },
  arm64: { path: __filename, sha256: "b".repeat(64), version: "0123456789ab" },
};

export interface Graph {
  /** The synthesized file. */
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever Terraform has a block for
  json: any;
  /** Resource addresses, sorted. */
  addresses: string[];
  resource(address: string): Record<string, unknown>;
  /** The last program that a resource runs on create, or else on destroy. */
  program(address: string): string;
  /** Whether `later` waits for `earlier`, directly or through others. */
  waitsFor(later: string, earlier: string): boolean;
}

export const meshGraph = (mesh: Mesh): Graph => graphOf(new MeshStack(app(), mesh, programs));
export const clusterGraph = (mesh: Mesh): Graph => clusterGraphWith(mesh, programs);
export const clusterGraphWith = (mesh: Mesh, files: NodePrograms): Graph =>
  graphOf(new ClusterStack(app(), mesh, files));

function app(): App {
  return Testing.app();
}

function graphOf(stack: MeshStack | ClusterStack): Graph {
  const text = Testing.synth(stack, true);
  const types: Record<string, Record<string, Record<string, unknown>>> = JSON.parse(text).resource;
  const resources = new Map<string, Record<string, unknown>>(
    Object.entries(types).flatMap(([type, named]) =>
      Object.entries(named).map(([name, resource]) => [`${type}.${name}`, resource] as const),
    ),
  );
  const resource = (address: string) => {
    const found = resources.get(address);
    if (!found) throw new Error(`no resource ${address}; there are:\n${[...resources.keys()].join("\n")}`);
    return found;
  };
  const waitsFor = (later: string, earlier: string): boolean => {
    resource(earlier);
    const direct = (resource(later).depends_on ?? []) as string[];
    return direct.some((address) => address === earlier || waitsFor(address, earlier));
  };
  const program = (address: string) => {
    const provisioners = (resource(address).provisioner ?? []) as {
      "remote-exec"?: { when: string; inline: string[] };
    }[];
    const runs = provisioners.flatMap((one) => one["remote-exec"] ?? []);
    const last = runs.findLast(({ when }) => when === "create") ?? runs.at(-1);
    return readInline(last?.inline ?? [], JSON.parse(text).locals);
  };
  return { text, json: JSON.parse(text), program, addresses: [...resources.keys()].sort(), resource, waitsFor };
}
