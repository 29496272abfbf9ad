// `unit` takes seconds and needs nothing but npm. `acceptance` holds our parts against real programs. `e2e` deploys to
// the lab, of which there is one: run it with --runInBand. `reliability` does the same under load and with faults, and what takes
// long, for more than an hour: `npm run reliability` runs it and makes docs/reliability.md, all but `upgrade/`,
// which is long and rarely of use: npx jest --selectProjects reliability --runInBand --testPathPattern e2e/upgrade
// They run where Terraform's registry cannot be reached, too.
process.env.GATEHOUSE_PROVIDERS ??= "stand-ins";

const shared = { testEnvironment: "node", transform: { "\\.[jt]s$": "<rootDir>/jest.transform.js" } };
const e2e = "/__tests__/e2e/(security/[^/]*|[^/]*)\\.test\\.ts$";
const reliability = "/__tests__/e2e/(reliability|upgrade)/.*\\.test\\.ts$";
const acceptance = "/__tests__/.*\\.acceptance\\.test\\.ts$";

const onLab = {
  ...shared,
  globalSetup: "<rootDir>/__tests__/e2e/setup.ts",
  globalTeardown: "<rootDir>/__tests__/e2e/teardown.ts",
};

module.exports = {
  projects: [
    {
      ...shared,
      displayName: "unit",
      testRegex: "/__tests__/.*\\.test\\.ts$",
      testPathIgnorePatterns: ["/node_modules/", acceptance, e2e, reliability],
    },
    { ...shared, displayName: "acceptance", testRegex: acceptance },
    { ...onLab, displayName: "e2e", testRegex: e2e },
    { ...onLab, displayName: "reliability", testRegex: reliability },
  ],
};
