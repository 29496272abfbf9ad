/** Users of units. Each is made by systemd when the unit starts (DynamicUser=), and gone with it. */
import { contentHash } from "./program";

/** Longest name of a user, by useradd(8) and systemd's own check. */
const LONGEST = 31;

/**
 * The user of a unit. systemd takes an existing user of the name as it is, so a name of a service alone would not do:
 * `root`, or `deploy`. No person's user begins with `gatehouse-`.
 * @param part the sidecar has a user of its own
 */
export function unitUser(name: string, part?: "sidecar"): string {
  // A part of a name has no `_`, and a number is no part: so no two units get one user.
  const user = `gatehouse-${name}${part ? `_${part}` : ""}`;
  return user.length <= LONGEST ? user : `gatehouse-_${contentHash(user).slice(0, 16)}`;
}
