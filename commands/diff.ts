/** `gatehouse diff`: Terraform's plan of the mesh stack. */
import { runCdktf } from "../terraform";
import type { Call } from "./gatehouse";

/** Options are those of `cdktf diff`. */
export const run = ({ own }: Call): Promise<number> => runCdktf(["diff", "mesh", ...own]);
