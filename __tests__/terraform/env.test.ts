import { namedTerraform, terraformEnv } from "../../terraform/env";

const WRAPPER = expect.stringMatching(/\/terraform\/terraform\.sh$/);

test("Terraform is started by the wrapper, and nothing in the environment depends on the backend", () => {
  expect(terraformEnv({})).toEqual({ TERRAFORM_BINARY_NAME: WRAPPER });
  expect(terraformEnv({ GATEHOUSE_BACKEND: "cloud" })).toEqual({ TERRAFORM_BINARY_NAME: WRAPPER });
});

test("the wrapper starts the program that a person named, also when the environment is made a second time", () => {
  const first = terraformEnv({ TERRAFORM_BINARY_NAME: "tofu", TF_CLI_ARGS_apply: "-parallelism=3" });
  expect(first).toEqual({ TERRAFORM_BINARY_NAME: WRAPPER, GATEHOUSE_TERRAFORM: "tofu" });
  expect(terraformEnv(first)).toEqual(first);
});

test.each([
  [{}, undefined],
  [{ TERRAFORM_BINARY_NAME: "/opt/tofu" }, "/opt/tofu"],
  [{ TERRAFORM_BINARY_NAME: "/src/other/tools/terraform.sh" }, undefined],
  [{ TERRAFORM_BINARY_NAME: "/src/terraform/terraform.sh", GATEHOUSE_TERRAFORM: "tofu" }, "tofu"],
])("of %j the Terraform that a person chose is %s", (env, named) => {
  expect(namedTerraform(env)).toBe(named);
});
