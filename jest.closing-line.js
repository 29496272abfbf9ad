// Ends the run with one plain line, so that a person and CI read the same result.
module.exports = class ClosingLine {
  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = results;
    // A file that could not even be loaded is a failure too.
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
    // Jest and its teardown have words of their own after this point; the line must be the last.
    process.once("exit", () => process.stdout.write(`${numPassedTests} passed, ${failed} failed${skipped}\n`));
  }
};
