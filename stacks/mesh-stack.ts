/**
 * The mesh as one graph, so that Terraform itself orders it. The constructor reads as the order of a deploy; destroy
 * is the reverse.
 */
import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Fn, type ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import {
  type ConfigEntry as Entry,
  type Gateway,
  type Instance,
  type Mesh,
  type MeshNode,
  ROUTING_KINDS,
  type Service,
} from "../model";
import {
  contentHash,
  entryName,
  type Handover,
  handover,
  instanceRelease,
  nodeRelease,
  probeProgram,
  refreshRelease,
  routedGateways,
  routesOf,
  sweepProgram,
  takenEntries,
  tokensProgram,
  userData,
  wipeProgram,
} from "../templates";
import { AclToken } from "./acl-token";
import { useBackend } from "./backend";
import type { Backend } from "./backend-settings";
import { ConfigEntry, forgetTaken, forgetUnowned } from "./config-entry";
import { addConsulProvider } from "./consul-provider";
import { Milestone } from "./milestone";
import { RemoteProgram, type RemoteProgramProps } from "./remote-program";
import { ReviewFiles } from "./review-files";
import { MeshSecrets } from "./secrets";
import { Stack } from "./stack";
import { EntriesSettled, TakenEntry, type Taking } from "./taken-entry";
import { UploadedBinary } from "./uploaded-binary";
import { type NodePrograms, UploadedProgram } from "./uploaded-program";

export class MeshStack extends Stack {
  private readonly review: ReviewFiles;
  private readonly secrets: MeshSecrets | undefined;
  /** By kind, then by name. */
  private readonly entries = new Map<string, Map<string, WrittenEntry>>();
  /** How entries are taken over. */
  private readonly taking: Taking;
  private readonly instancesOn: Map<MeshNode, Instance[]>;
  /** Of each instance, by instance. */
  private readonly tokens = new Map<Instance, AclToken>();
  /** What brings a machine its tokens, by node. */
  private readonly brought = new Map<string, RemoteProgram>();
  /** gatehouse-node, by node, where this stack uploads it. */
  private readonly uploaded = new Map<string, UploadedProgram>();
  /** A change of what runs on a node begins with this, by node: see `addSweeps`. */
  private readonly begun = new Map<string, Milestone>();
  /** What makes a machine ready for instances, by node. */
  private readonly machines = new Map<string, RemoteProgram>();
  /** What empties a machine on destroy, by node: it waits for the machine, and all that runs there for it. */
  private readonly wipes = new Map<string, RemoteProgram>();
  private readonly binaries = new Map<string, UploadedBinary>();
  /** The last instance of a service or gateway: when it is there, all are. */
  private readonly lastInstance = new Map<string, RemoteProgram>();
  private readonly probes: RemoteProgram[] = [];
  private readonly handoverToken: AclToken | undefined;

  constructor(
    scope: Construct,
    private readonly mesh: Mesh,
    private readonly programs: NodePrograms,
    backend?: Backend,
  ) {
    super(scope, "mesh");
    this.instancesOn = groupBy(mesh.instances, ({ node }) => node);
    useBackend(this, mesh.name, backend);
    new NullProvider(this, "null");
    this.secrets = addConsulProvider(this, mesh) ?? this.secretsOfServices();
    this.review = new ReviewFiles(this);

    this.addPrograms();
    forgetUnowned(this, mesh);
    forgetTaken(this, mesh);
    this.taking = this.takesOver();
    if (mesh.consul.acl) this.addTokens();
    const refreshed = this.addRefreshes();
    this.addEntries("proxy-defaults", () => refreshed);
    const node = this.firstNode();
    const release = handover(mesh, node);
    this.handoverToken = mesh.consul.acl ? AclToken.ofHandover(this, mesh) : undefined;
    const begun = this.addHandover(node, release);
    this.addEntries("service-defaults", () => [...this.entriesOf("proxy-defaults"), begun, ...refreshed]);
    this.addDenyAll();
    this.addOtherEntries();
    this.addMachines();
    this.addInstances("service");
    this.addInstances("ingress-gateway");
    this.addRouting(node, release, begun);
    this.addEntries("ingress-gateway", (entry) => this.behindRoutes(entry));
    this.addProbes();
    const swept = this.addSweeps(this.served());
    this.addEntries("service-intentions", () => [...this.guard(), swept]);
    this.addSettled(release, swept);
    this.settleEntries(swept);
  }

  private takesOver(): Taking {
    const entries = takenEntries(this.mesh);
    const token =
      this.mesh.consul.acl && entries.length > 0 ? AclToken.ofTakenEntries(this, this.mesh, entries) : undefined;
    return { mesh: this.mesh, node: this.firstNode(), token };
  }

  /** Where others use Consul too, an entry may have been taken over by an earlier deploy. */
  private settleEntries(swept: Milestone): void {
    if (!this.mesh.consul.existing && this.mesh.takeOver.configEntries.length === 0) return;
    const taking = { ...this.taking, token: this.handoverToken };
    new EntriesSettled(this, taking, [swept, ...this.entriesOf("service-intentions")]);
  }

  /** Where there is a cluster stack, the program came with it. */
  private addPrograms(): void {
    if (!this.mesh.consul.existing) return;
    for (const node of this.mesh.nodes) {
      this.uploaded.set(node.name, new UploadedProgram(this, this.mesh, node, this.programs));
    }
  }

  /** Before what makes Consul's agents register services again: see `agent refresh`. */
  private addRefreshes(): RemoteProgram[] {
    return this.mesh.nodes
      .filter(({ name, retired }) => !retired && this.mesh.instances.some(({ node }) => node.name === name))
      .map((node) => {
        const { hash, program } = refreshRelease(this.mesh, node);
        return new RemoteProgram(this, `refreshed_${node.name}`, {
          node,
          program,
          triggers: { entries: hash },
          dependsOn: present(
            this.uploaded.get(node.name),
            this.mesh.consul.existing && this.brought.get(node.name), // an existing agent takes no other token of ours
          ),
        });
      });
  }

  /**
   * Consul has one entry for everyone who may call a service. Written early it would refuse callers that are still to be
   * moved, written late refuse those that have been: so new edges are allowed first, beside the old ones, and the
   * entries as declared come last.
   */
  private addHandover(node: MeshNode, { hash, program, removal }: Handover): RemoteProgram {
    return new RemoteProgram(this, "handover", {
      node,
      program,
      triggers: { edges: hash }, // and not the token, which no node keeps
      secrets: this.handoverSecrets(),
      onDestroy: removal,
      dependsOn: [...present(this.uploaded.get(node.name)), ...this.entriesOf("proxy-defaults")],
    });
  }

  private handoverSecrets(): RemoteProgramProps["secrets"] {
    const token = this.handoverToken;
    return token && { mesh: this.mesh.name, name: "handover", values: { handover: token.secret } };
  }

  /**
   * What routes calls changes when the instances that it names are there, and before those of the earlier declaration go.
   * What names a subset is written after it, and removed before it: Terraform knows only the first of these orders, so a
   * program writes all of them first. Terraform then finds them as declared.
   */
  private addRouting(node: MeshNode, { routing }: Handover, begun: RemoteProgram): void {
    if (!routing) return;
    const written = new RemoteProgram(this, "routing", {
      node,
      program: routing.program,
      triggers: { routing: routing.hash },
      secrets: this.handoverSecrets(),
      dependsOn: [begun, ...this.guard(), ...this.lastInstanceOfServices()],
    });
    let before: ITerraformDependable[] = [written];
    for (const kind of ROUTING_KINDS) {
      const dependsOn = before;
      this.addEntries(kind, (entry) => [...dependsOn, ...this.namedBy(entry)]);
      before = [...before, ...this.entriesOf(kind)];
    }
  }

  /** Entries of its own kind that an entry names, which come before it: so destroy removes it first. */
  private namedBy({ kind, leadsTo = [] }: Entry): ITerraformDependable[] {
    return present(...leadsTo.map((service) => this.entry(kind, service)));
  }

  private lastInstanceOfServices(): ITerraformDependable[] {
    return present(...this.mesh.services.map(({ name }) => this.lastInstance.get(name)));
  }

  /** The first server, or else the first node: its agent is asked about the mesh as a whole. */
  private firstNode(): MeshNode {
    const nodes = this.mesh.nodes.filter(({ retired }) => !retired);
    const node = nodes.find(({ role }) => role === "server") ?? nodes[0];
    if (!node) throw new Error("the model must refuse a mesh without nodes");
    return node;
  }

  /**
   * An entry or a token that left the declaration goes after all that once waited for it: so this waits for each of
   * them.
   */
  private addSettled({ hash }: Handover, swept: Milestone): void {
    const instances = this.mesh.instances.map(({ workload, node }) => `${workload.name} ${node.name}`).sort();
    const before = [swept, ...this.entriesOf("service-intentions"), ...this.tokens.values()];
    new Milestone(this, "settled", before, { edges: hash, instances: contentHash(...instances) });
  }

  /** Each instance's own, and one that brings those of a machine there: its files travel while others are at work. */
  private addTokens(): void {
    for (const instance of this.mesh.instances) {
      this.tokens.set(instance, AclToken.ofInstance(this, this.mesh, instance.workload, instance.node));
    }
    for (const node of this.mesh.nodes) {
      const here = this.instancesOn.get(node) ?? [];
      const tokens = Object.fromEntries(here.map((instance) => [instance.workload.name, this.tokens.get(instance)!]));
      // Where Gatehouse set the agent up, its token is there.
      if (this.mesh.consul.existing) tokens._agent = AclToken.ofMachine(this, this.mesh, node);
      if (Object.keys(tokens).length > 0) this.bring(node, tokens);
    }
  }

  private bring(node: MeshNode, tokens: Record<string, AclToken>): void {
    const values = Object.fromEntries(Object.entries(tokens).map(([name, { secret }]) => [name, secret]));
    const ids = Object.values(tokens).map(({ id }) => id);
    const resource = new RemoteProgram(this, `tokens_${node.name}`, {
      node,
      program: tokensProgram(this.mesh.name, node.name),
      triggers: { tokens: Fn.join(" ", ids) },
      secrets: { mesh: this.mesh.name, name: "tokens", values },
      dependsOn: present(this.uploaded.get(node.name)),
    });
    this.brought.set(node.name, resource);
  }

  /** Everything declared serves, and is reached by its routes. */
  private served(): Milestone {
    const routing = ROUTING_KINDS.flatMap((kind) => this.entriesOf(kind));
    const serving = [...this.lastInstance.values(), ...routing, ...this.entriesOf("ingress-gateway"), ...this.probes];
    return new Milestone(this, "served", serving);
  }

  private addEntries(kind: string, dependsOn: (entry: Entry) => ITerraformDependable[]): void {
    for (const entry of this.mesh.configEntries) {
      if (entry.kind === kind && !this.entry(kind, entry.name)) this.addEntry(entry, dependsOn(entry));
    }
  }

  private addEntry(entry: Entry, dependsOn: ITerraformDependable[]): void {
    const ofKind = this.entries.get(entry.kind) ?? new Map<string, WrittenEntry>();
    this.entries.set(entry.kind, ofKind.set(entry.name, this.writtenEntry(entry, dependsOn)));
  }

  private writtenEntry(entry: Entry, dependsOn: ITerraformDependable[]): WrittenEntry {
    if (!this.mesh.takeOver.configEntries.includes(entryName(entry))) return new ConfigEntry(this, entry, dependsOn);
    const program = this.uploaded.get(this.taking.node.name);
    return new TakenEntry(this, this.taking, entry, [...dependsOn, ...present(program)]);
  }

  private entry(kind: string, name: string): WrittenEntry | undefined {
    return this.entries.get(kind)?.get(name);
  }

  private entriesOf(kind: string): WrittenEntry[] {
    return [...(this.entries.get(kind)?.values() ?? [])];
  }

  /** First among the intentions on deploy, last on destroy: no edge is open in between. */
  private addDenyAll(): void {
    const entry = this.mesh.configEntries.find(({ kind, name }) => kind === "service-intentions" && name === "*");
    if (entry) this.addEntry(entry, [...this.entriesOf("proxy-defaults"), ...this.entriesOf("service-defaults")]);
  }

  /**
   * What stands before anything runs that is called: the deny-all, which comes after the protocols. Where Consul was there
   * before and the mesh does not own that entry, the protocols themselves.
   */
  private guard(): WrittenEntry[] {
    const entry = this.entry("service-intentions", "*");
    return entry ? [entry] : this.entriesOf("service-defaults");
  }

  /** What else is declared, each kind after the one before it. What routes calls comes later: see `addRouting`. */
  private addOtherEntries(): void {
    const placed: string[] = [
      "proxy-defaults",
      "service-defaults",
      "service-intentions",
      "ingress-gateway",
      ...ROUTING_KINDS,
    ];
    const others = this.mesh.configEntries.filter(({ kind }) => !placed.includes(kind));
    let before: ITerraformDependable[] = this.guard();
    for (const kind of new Set(others.map((entry) => entry.kind))) {
      const dependsOn = before;
      this.addEntries(kind, () => dependsOn);
      before = this.entriesOf(kind);
    }
  }

  /**
   * Machines are made ready while Consul's entries are still being written. On destroy they are emptied while the deny-all
   * intention still stands.
   */
  private addMachines(): void {
    for (const node of this.mesh.nodes) {
      this.review.add(node, [{ path: "/user_data", mode: "0644", content: userData(this.mesh, node) }]);
      if (node.retired) continue;
      const release = nodeRelease(this.mesh, node);
      this.review.add(node, release.files);
      const machine = new RemoteProgram(this, `node_${node.name}`, {
        node,
        program: release.program,
        triggers: { release: release.hash },
        // An existing agent has no Gatehouse token until `tokens_<node>` has run.
        dependsOn: present(this.uploaded.get(node.name), this.mesh.consul.existing && this.brought.get(node.name)),
      });
      this.machines.set(node.name, machine);
      this.wipes.set(
        node.name,
        new RemoteProgram(this, `wipe_${node.name}`, {
          node,
          triggers: {},
          onDestroy: wipeProgram(this.mesh, node, { agent: false, onDestroy: true }),
          dependsOn: [machine, ...this.guard()],
        }),
      );
    }
  }

  /**
   * Replaced before anything new is put on the node: so the sweep runs also when a deploy failed half-way and the declaration
   * went back to what it was before.
   */
  private begunOn(node: MeshNode): Milestone {
    const existing = this.begun.get(node.name);
    if (existing) return existing;
    const instances = (this.instancesOn.get(node) ?? []).map(({ workload }) => workload.name).sort();
    const added = new Milestone(this, `begun_${node.name}`, present(this.machines.get(node.name)), {
      instances: instances.join(" "),
    });
    this.begun.set(node.name, added);
    return added;
  }

  private addInstances(kind: Instance["workload"]["kind"]): void {
    for (const instance of this.mesh.instances) {
      if (instance.workload.kind === kind) this.addInstance(instance);
    }
  }

  private addInstance(instance: Instance): void {
    const { workload, node } = instance;
    const release = instanceRelease(this.mesh, instance);
    const token = this.tokens.get(instance);
    this.review.add(node, release.files);
    const before = this.lastInstance.get(workload.name);
    const resource = new RemoteProgram(this, `instance_${workload.name}_${node.name}`, {
      node,
      program: release.program,
      triggers: { release: release.hash, ...(token && { token: token.id }) },
      ...this.environmentOf(workload),
      dependsOn: present(
        this.wipes.get(node.name),
        this.brought.get(node.name),
        this.begunOn(node),
        workload.kind === "service" && this.binary(node, workload, before),
        // The instance of the same workload before this one, or else those that must serve before the first one. A
        // gateway needs none: its routes come later.
        ...(before ? [before] : comesAfter(workload).map((name) => this.lastInstance.get(name))),
      ),
    });
    this.lastInstance.set(workload.name, resource);
  }

  /** The secret variables of a service: each run brings them anew. */
  private environmentOf(workload: Service | Gateway): Pick<RemoteProgramProps, "secrets" | "requires"> {
    if (workload.kind !== "service" || workload.secrets.length === 0 || !this.secrets) return {};
    const secrets = this.secrets;
    const values = workload.secrets.map(({ name }) => [name, secrets.valueOf(workload.name, name)]);
    return {
      secrets: { mesh: this.mesh.name, name: `env-${workload.name}`, values: Object.fromEntries(values) },
      requires: workload.secrets.map(({ name }) => secrets.requireValueOf(workload.name, name)),
    };
  }

  /** Where Consul has nothing secret of ours, its services may have. */
  private secretsOfServices(): MeshSecrets | undefined {
    return this.mesh.services.some(({ secrets }) => secrets.length > 0) ? new MeshSecrets(this, this.mesh) : undefined;
  }

  /** Uploaded when the instance before it serves: of a release that does not work, nothing is left on other machines. */
  private binary(node: MeshNode, { binary }: Service, before?: RemoteProgram): UploadedBinary {
    const id = UploadedBinary.idFor(node, binary);
    const existing = this.binaries.get(id);
    if (existing) return existing;
    const dependsOn = present(this.machines.get(node.name), before);
    const added = new UploadedBinary(this, { mesh: this.mesh.name, node, binary, dependsOn });
    this.binaries.set(id, added);
    return added;
  }

  /** Routes come after the gateway's instances and after everything that may shape the traffic behind them. */
  private behindRoutes(entry: Entry): ITerraformDependable[] {
    const gateway = this.mesh.gateways.find(({ name }) => name === entry.name);
    const behind = gateway ? routedServices(gateway, this.mesh) : [];
    return present(
      this.lastInstance.get(entry.name),
      ...behind.flatMap((name) => [
        this.lastInstance.get(name),
        this.entry("service-defaults", name),
        this.entry("service-resolver", name),
        this.entry("service-splitter", name),
        this.entry("service-router", name),
      ]),
    );
  }

  private addProbes(): void {
    const instancesOf = groupBy(this.mesh.instances, ({ workload }) => workload);
    const gateways = routedGateways(this.mesh);
    const token =
      this.mesh.consul.acl && gateways.length > 0 ? AclToken.ofRoutes(this, this.mesh, gateways) : undefined;
    for (const gateway of gateways) {
      for (const instance of instancesOf.get(gateway) ?? []) this.addProbe(gateway, instance, token);
    }
  }

  private addProbe(gateway: Gateway, instance: Instance, token?: AclToken): void {
    const entry = this.mesh.configEntries.find(({ kind, name }) => kind === "ingress-gateway" && name === gateway.name);
    // The whole entry, since that is recorded for a later deploy to go back to.
    const { Meta, ...content } = entry?.config ?? {};
    const routes = contentHash(JSON.stringify(routesOf(this.mesh, gateway)), JSON.stringify(content));
    this.probes.push(
      new RemoteProgram(this, `probe_${gateway.name}_${instance.node.name}`, {
        node: instance.node,
        program: probeProgram(this.mesh, instance, gateway),
        triggers: { routes },
        secrets: token && {
          mesh: this.mesh.name,
          name: `probe-${gateway.name}`,
          values: { probe: token.secret },
        },
        dependsOn: present(this.entry("ingress-gateway", gateway.name)),
      }),
    );
  }

  /**
   * The old goes only when the new serves. A gateway that moves may leave one behind that a person made, on a server for
   * instance: it goes on serving until the declaration lets it go.
   */
  private addSweeps(served: Milestone): Milestone {
    const gateways = this.mesh.gateways.map(({ name, runsOn }) => `${name}: ${runsOn.join(" ")}`).join(", ");
    const sweeps = this.mesh.nodes.map((node) => {
      const here = (this.instancesOn.get(node) ?? []).map(({ workload }) => workload);
      const names = here.map(({ name }) => name).sort();
      const binaries = new Set(
        here.flatMap((workload) => (workload.kind === "service" ? [workload.binary.sha256] : [])),
      );
      const elsewhere = this.mesh.gateways.filter(({ runsOn }) => !runsOn.includes(node.name));
      const letGo = elsewhere.map(({ name }) => name).filter((name) => this.mesh.takeOver.letGo.includes(name));
      return new RemoteProgram(this, `sweep_${node.name}`, {
        node,
        program: node.retired
          ? wipeProgram(this.mesh, node, { agent: !this.mesh.consul.existing, onDestroy: false })
          : sweepProgram(this.mesh, node, { instances: names, binaries: [...binaries], letGo }),
        triggers: node.retired
          ? { keep: "nothing: retired" }
          : {
              keep: names.join(" "),
              gateways,
              begun: this.begunOn(node).id,
              ...(letGo.length > 0 && { let_go: letGo.join(" ") }),
            },
        dependsOn: present(this.wipes.get(node.name), this.uploaded.get(node.name), served),
      });
    });
    return new Milestone(this, "swept", sweeps);
  }
}

type WrittenEntry = ConfigEntry | TakenEntry;

/** Workloads that serve before the first instance of this one. */
function comesAfter(workload: Service | Gateway): string[] {
  return workload.kind === "service" ? workload.deployAfter : [];
}

function routedServices(gateway: Gateway, mesh: Mesh): string[] {
  return [...new Set(routesOf(mesh, gateway).map((route) => route.service))];
}

/** Each in the list of its key, in their order. */
function groupBy<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function present(...items: (ITerraformDependable | undefined | false)[]): ITerraformDependable[] {
  return items.filter((item) => item !== undefined && item !== false);
}
