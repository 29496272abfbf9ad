/**
 * `gatehouse rotate`: new tokens in place of those in use. Each instance is rolled as in any deploy, and the old token goes
 * when no instance uses it any more.
 */
import { certificates, rotation } from "../doctor";
import type { Fix } from "../findings";
import type { Mesh } from "../model";
import { replace } from "../terraform";
import { declaredMesh } from "./declared-mesh";
import type { Call } from "./gatehouse";

const USAGE =
  "Write one of: npx gatehouse rotate NAME..., npx gatehouse rotate --all, npx gatehouse rotate --certificates";

interface Options {
  names?: string[];
  all?: boolean;
  certificates?: boolean;
  "auto-approve"?: boolean;
}

export async function run({ options, own }: Call): Promise<number> {
  const chosen = options as Options;
  const replacements = wanted(await declaredMesh(), chosen);
  const code = await replace(replacements, {
    what: ["rotate", ...own].join(" "),
    approved: chosen["auto-approve"] ?? false,
  });
  return code === 0 || code > 2 ? code : 1;
}

function wanted(mesh: Mesh, { names = [], all, certificates: renewed }: Options): Fix[] {
  if ([names.length > 0, all, renewed].filter(Boolean).length !== 1) throw new Error(USAGE);
  if (renewed) return certificates(mesh);
  return rotation(mesh, all ? "all" : names);
}
