// Checks the Go code in node/ as far as takes seconds: `npm run check`. `npm test` has the race detector on top.
import { GO_LINTERS, GO_TESTS, runGoCheck } from "./go-checks";

async function main(): Promise<void> {
  for (const check of [...GO_LINTERS, GO_TESTS]) {
    console.log(`node/: ${check.name}`);
    await runGoCheck(check, console.log);
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
