/** `gatehouse synth`: checks the declaration and writes cdktf.out. */
import { runCdktf } from "../terraform/cdktf";
import type { Call } from "./gatehouse";

/** Options are those of `cdktf synth`. */
export const run = ({ own }: Call): Promise<number> => runCdktf(["synth", ...own]);
