import { GO_LINTERS, part, raceCheck, runGoCheck, testedPackages } from "../../toolchain";

jest.setTimeout(10 * 60_000);

// No person watches a report here; what a check finds is in its error.
const quietly = () => {};

describe("the Go code in node/", () => {
  test.each(GO_LINTERS)("$name finds nothing", (check) => runGoCheck(check, quietly));

  test.each(testedPackages())("the tests of %s pass, with the race detector", async (folder) => {
    await runGoCheck(raceCheck(folder, { GATEHOUSE_CONSUL: await part("consul") }), quietly);
  });
});
