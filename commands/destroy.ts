/** `gatehouse destroy`: takes the whole mesh away, in the reverse order of a deploy. */
import { destroy } from "../terraform";
import type { Call } from "./gatehouse";
import { leaveEntries } from "./leave-entries";

/** Options are those of `terraform destroy`. */
export const run = ({ own }: Call): Promise<number> => destroy(own, (stack) => leaveEntries(stack, true));
