/**
 * `gatehouse rotate --authority`, `--gossip-key` and `--management-token`: replaces what all agents share, while they run. Each step is
 * written into the secrets and then brought to every node; an interrupted rotation goes on at the step where it ended.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { changeSecrets, handOver, isHandedOver, nextAuthority, readSecrets, type Secrets } from "../mesh-secrets";
import type { Mesh } from "../model";
import { atReachableConsul, changeKeyring, endToken, makeManagementToken } from "../nodes";
import { runsElsewhere } from "../terraform";
import { runHere } from "../toolchain";

/** Brings what is in the secrets to every agent. @returns its exit code */
export type Bring = () => Promise<number>;

/** The rotations, by option. */
export const ROTATIONS = {
  authority: rotateAuthority,
  "gossip-key": rotateGossipKey,
  "management-token": rotateManagementToken,
} as const;
export type Rotation = keyof typeof ROTATIONS;

/** @returns the exit code of the deploy that failed, else 0 */
export async function rotateSecret(mesh: Mesh, rotation: Rotation, approved: boolean): Promise<number> {
  const { name, consul } = mesh;
  if (consul.existing)
    throw new Error(`The Consul of mesh ${name} is not Gatehouse's: rotate its secrets where they are.`);
  if (runsElsewhere(process.env)) {
    throw new Error(
      "Terraform runs elsewhere, and reads the secrets there: they would have to change between the steps. Run this where runs are local " +
        "(GATEHOUSE_BACKEND), or follow docs/security.md by hand.",
    );
  }
  const there = await atReachableConsul(mesh);
  const code = await ROTATIONS[rotation](there.mesh, () => bring(approved));
  if (code !== 0) say(`it is not finished: run npm run rotate -- --${rotation} again, which goes on from here`);
  return code;
}

/** A process of its own: each run claims the checkout until it ends. */
const bring = (approved: boolean): Promise<number> =>
  runHere(
    process.execPath,
    [join(__dirname, "../bin/gatehouse.js"), "rotate", "--certificates", ...(approved ? ["--auto-approve"] : [])],
    process.env,
    {},
  );

const say = (line: string): void => console.error(`rotate: ${line}`);

async function rotateAuthority(mesh: Mesh, bringAll: Bring): Promise<number> {
  if (!mesh.consul.tls) throw new Error("consul.tls is false: this mesh has no authority.");
  const steps = [
    "every agent believes the new authority as well as the old one",
    "servers get certificates of the new authority",
    "no agent believes the old authority any more",
  ];
  const { ca } = readSecrets(mesh.name) ?? {};
  const begun = ca?.previous ? 1 : ca?.next ? 0 : undefined;
  for (let step = begun ?? 0; step < steps.length; step++) {
    // A step that was written before may not be on every node yet.
    if (step !== begun) await changeSecrets(mesh, (secrets) => nextAuthority(mesh, secrets));
    say(`step ${step + 1} of ${steps.length}: ${steps[step]}`);
    const code = await bringAll();
    if (code !== 0) return code;
  }
  return 0;
}

async function rotateGossipKey(mesh: Mesh, bringAll: Bring): Promise<number> {
  if (!mesh.consul.gossipEncryption) throw new Error("consul.gossipEncryption is false: this mesh has no gossip key.");
  const fresh = randomBytes(32).toString("base64");
  const { gossipKey = "", previous } = await handedOver(mesh, "gossipKey", fresh);
  const old = previous?.gossipKey ?? "";
  say("every agent gets the new key, and then uses it");
  await changeKeyring(mesh, "add", gossipKey);
  await changeKeyring(mesh, "use", gossipKey);
  const code = await bringAll();
  if (code !== 0) return code;
  await changeKeyring(mesh, "remove", old);
  say("no agent hears the old key any more");
  await changeSecrets(mesh, (secrets) => isHandedOver(secrets, "gossipKey"));
  return 0;
}

async function rotateManagementToken(mesh: Mesh, bringAll: Bring): Promise<number> {
  if (!mesh.consul.acl) throw new Error("consul.acl is false: this mesh has no tokens.");
  const given = readSecrets(mesh.name);
  const fresh = given?.previous?.managementToken ? given.managementToken : randomUUID();
  const by = given?.previous?.managementToken ?? given?.managementToken;
  if (!fresh || !by) throw new Error("The secrets have no management token: npm run secrets.");
  // Before it is written: whatever reads the secrets then has a token that Consul knows.
  await makeManagementToken(mesh, mesh.name, fresh, by);
  await handedOver(mesh, "managementToken", fresh);
  say("Consul knows a new management token: servers get it");
  const code = await bringAll();
  if (code !== 0) return code;
  await endToken(mesh, by);
  say("the old one is good for nothing any more");
  await changeSecrets(mesh, (secrets) => isHandedOver(secrets, "managementToken"));
  return 0;
}

const handedOver = (mesh: Mesh, part: "gossipKey" | "managementToken", fresh: string): Promise<Secrets> =>
  changeSecrets(mesh, (secrets) => handOver(secrets, part, fresh));
