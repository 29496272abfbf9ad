/**
 * `npm run deploy`: preflight, plan, and after a yes the deploy of every stack.
 *   npm run deploy [-- --auto-approve]    other options are handed to `terraform apply`, for example -replace=ADDRESS
 *
 * It does what `cdktf deploy '*'` does, without the start of cdktf's own program, which takes longer than a plan. The
 * preflight looks at the machines meanwhile; nothing is applied before it has passed.
 */
import { deploy } from "../terraform";

deploy(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
