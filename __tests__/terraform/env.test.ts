import { terraformEnv } from "../../terraform/env";

test("Terraform outlives its terminal and waits for a state that another run holds", () => {
  expect(terraformEnv({})).toEqual({
    TERRAFORM_BINARY_NAME: expect.stringMatching(/\/terraform\/terraform\.sh$/),
    TF_CLI_ARGS_plan: "-lock-timeout=2m",
    TF_CLI_ARGS_apply: "-lock-timeout=2m -parallelism=32",
    TF_CLI_ARGS_destroy: "-lock-timeout=2m -parallelism=32",
  });
});

test("a run in Terraform Cloud is not told how much to do at once", () => {
  expect(terraformEnv({ GATEHOUSE_BACKEND: "cloud" }).TF_CLI_ARGS_apply).toBe("-lock-timeout=2m");
});

test("what a person set stays", () => {
  const given = {
    TERRAFORM_BINARY_NAME: "tofu",
    TF_CLI_ARGS_plan: "-lock=false",
    TF_CLI_ARGS_apply: "-parallelism=3",
    TF_CLI_ARGS_destroy: "-lock-timeout=5s",
  };
  expect(terraformEnv(given)).toEqual({
    TF_CLI_ARGS_apply: "-parallelism=3 -lock-timeout=2m",
    TF_CLI_ARGS_destroy: "-lock-timeout=5s -parallelism=32",
  });
});
