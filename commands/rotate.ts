/**
 * `gatehouse rotate`: new tokens, certificates, keys in place of those in use. Each instance is rolled as in any deploy, and the old token goes
 * when no instance uses it any more.
 */
import { certificates, rotation } from "../doctor";
import type { Fix } from "../findings";
import type { Mesh } from "../model";
import { replace } from "../terraform";
import { declaredMesh } from "./declared-mesh";
import type { Call } from "./gatehouse";
import { leaveEntries } from "./leave-entries";
import type { Rotation } from "./rotate-secrets";

const SHARED = ["authority", "gossip-key", "management-token"] as const satisfies Rotation[];
const USAGE = `Write one of: npx gatehouse rotate NAME..., ${["all", "certificates", ...SHARED].map((option) => `npx gatehouse rotate --${option}`).join(", ")}`;

interface Options extends Partial<Record<Rotation, boolean>> {
  names?: string[];
  all?: boolean;
  certificates?: boolean;
  "auto-approve"?: boolean;
}

export async function run({ options, own }: Call): Promise<number> {
  const chosen = options as Options;
  const mesh = await declaredMesh();
  const shared = onlyOne(chosen);
  if (shared) {
    const { rotateSecret } = require("./rotate-secrets") as typeof import("./rotate-secrets");
    return rotateSecret(mesh, shared, chosen["auto-approve"] ?? false);
  }
  const replacements = wanted(mesh, chosen);
  const code = await replace(replacements, {
    what: ["rotate", ...own].join(" "),
    approved: chosen["auto-approve"] ?? false,
    beforePlan: leaveEntries,
  });
  return code === 0 || code > 2 ? code : 1;
}

/** The secret that all agents share and that is to be rotated, if one is chosen. */
function onlyOne({ names = [], all, certificates: renewed, ...others }: Options): Rotation | undefined {
  const shared = SHARED.filter((name) => others[name]);
  if ([names.length > 0, all, renewed].filter(Boolean).length + shared.length !== 1) throw new Error(USAGE);
  return shared[0];
}

const wanted = (mesh: Mesh, { names = [], all, certificates: renewed }: Options): Fix[] =>
  renewed ? certificates(mesh) : rotation(mesh, all ? "all" : names);
