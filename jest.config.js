// `unit` takes seconds and needs nothing but npm. `acceptance` holds our parts against real programs. `e2e` deploys to
// the lab, of which there is one: run it with --runInBand.
const shared = { testEnvironment: "node", transform: { "\\.[jt]s$": "<rootDir>/jest.transform.js" } };
const e2e = "/__tests__/e2e/.*\\.test\\.ts$";
const acceptance = "/__tests__/.*\\.acceptance\\.test\\.ts$";

module.exports = {
  projects: [
    {
      ...shared,
      displayName: "unit",
      testRegex: "/__tests__/.*\\.test\\.ts$",
      testPathIgnorePatterns: ["/node_modules/", acceptance, e2e],
    },
    { ...shared, displayName: "acceptance", testRegex: acceptance },
    {
      ...shared,
      displayName: "e2e",
      testRegex: e2e,
      globalSetup: "<rootDir>/__tests__/e2e/setup.ts",
      globalTeardown: "<rootDir>/__tests__/e2e/teardown.ts",
    },
  ],
};
