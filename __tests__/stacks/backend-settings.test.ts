import { readBackend, settingsFor } from "../../stacks/backend-settings";

const backendOf = (environment: Record<string, string>) => {
  const result = readBackend(environment);
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  return result.backend;
};
const problemsOf = (environment: Record<string, string>) => {
  const result = readBackend(environment);
  return "problems" in result ? result.problems : [];
};
const config = (settings: unknown) => ({ GATEHOUSE_BACKEND_CONFIG: JSON.stringify(settings) });

test("nothing said: local", () => {
  expect(backendOf({})).toEqual({ kind: "local" });
  // The rest may be there for another run.
  expect(backendOf({ GATEHOUSE_TFE_ORGANIZATION: "shop" })).toEqual({ kind: "local" });
});

describe("cloud", () => {
  test("organization, host name and project", () => {
    const environment = {
      GATEHOUSE_BACKEND: "cloud",
      GATEHOUSE_TFE_ORGANIZATION: "shop",
      GATEHOUSE_TFE_HOSTNAME: "tfe.shop.test:8443",
      GATEHOUSE_TFE_PROJECT: "Meshes of the shop",
    };
    expect(backendOf(environment)).toEqual({
      kind: "cloud",
      organization: "shop",
      hostname: "tfe.shop.test:8443",
      project: "Meshes of the shop",
    });
  });

  test("Terraform's own variables count, after ours", () => {
    const environment = {
      GATEHOUSE_BACKEND: "cloud",
      TF_CLOUD_ORGANIZATION: "theirs",
      TF_CLOUD_HOSTNAME: "tfe.theirs.test",
      GATEHOUSE_TFE_ORGANIZATION: "ours",
    };
    expect(backendOf(environment)).toEqual({ kind: "cloud", organization: "ours", hostname: "tfe.theirs.test" });
  });

  test.each(["shop/meshes", "${path.module}", "a\nb"])("a project named %j is refused", (project) => {
    const environment = { GATEHOUSE_BACKEND: "cloud", GATEHOUSE_TFE_ORGANIZATION: "shop", TF_CLOUD_PROJECT: project };
    expect(problemsOf(environment).map(({ path }) => path)).toEqual(["GATEHOUSE_TFE_PROJECT"]);
  });

  test("everything that is wrong is told at once", () => {
    expect(problemsOf({ GATEHOUSE_BACKEND: "cloud", GATEHOUSE_TFE_HOSTNAME: "https://tfe.shop.test/app" })).toEqual([
      {
        path: "GATEHOUSE_TFE_ORGANIZATION",
        found: "nothing",
        reason: "the cloud backend keeps workspaces in an organization",
        remedy: "set it to the organization's name",
      },
      {
        path: "GATEHOUSE_TFE_HOSTNAME",
        found: '"https://tfe.shop.test/app"',
        reason: "this is not a host name",
        remedy: "write it without https:// and without a path, for example tfe.example.com",
      },
    ]);
  });
});

test("an unknown backend is refused with the known ones", () => {
  const [problem] = problemsOf({ GATEHOUSE_BACKEND: "clowd" });
  expect(problem?.found).toBe('"clowd"');
  expect(problem?.remedy).toBe(
    "name one of local, cloud, remote, s3, gcs, azurerm, http, consul, pg, or unset it for local",
  );
});

describe("a backend that only keeps the state", () => {
  test.each([
    ["s3", { bucket: "b", region: "eu-west-1" }, { key: "gatehouse/shop/mesh.tfstate" }],
    ["gcs", { bucket: "b" }, { prefix: "gatehouse/shop/mesh" }],
    ["azurerm", { storage_account_name: "a", container_name: "c" }, { key: "gatehouse/shop/mesh.tfstate" }],
    ["consul", {}, { path: "gatehouse/shop/mesh" }],
    ["pg", {}, { schema_name: "gatehouse_shop_mesh" }],
    ["http", { address: "https://s.test/{mesh}-{stack}" }, { address: "https://s.test/shop-mesh" }],
  ])("%s: each mesh and stack has a place of its own", (kind, given, expected) => {
    const backend = backendOf({ GATEHOUSE_BACKEND: kind, ...config(given) });
    if (!("settings" in backend)) throw new Error("no settings");
    expect(settingsFor(backend.settings, "shop", "mesh")).toEqual({ ...given, ...expected });
  });

  test("names are filled in wherever they are asked for", () => {
    const given = { address: "https://s.test/{mesh}-{stack}", lock_address: "https://s.test/{mesh}-{stack}/lock" };
    const backend = backendOf({ GATEHOUSE_BACKEND: "http", ...config(given) });
    expect("settings" in backend && settingsFor(backend.settings, "shop", "cluster")).toEqual({
      address: "https://s.test/shop-cluster",
      lock_address: "https://s.test/shop-cluster/lock",
    });
  });

  test("one place for all is refused", () => {
    const [problem] = problemsOf({ GATEHOUSE_BACKEND: "consul", ...config({ path: "state/{stack}" }) });
    expect(problem).toMatchObject({ path: "GATEHOUSE_BACKEND_CONFIG.path", found: '"state/{stack}"' });
    expect(problem?.remedy).toContain("{mesh}");
  });

  test("two long names do not share a schema, which has at most 63 characters", () => {
    const settings = { schema_name: "gatehouse_{mesh}_{stack}" };
    const [cluster, mesh] = ["cluster", "mesh"].map(
      (stack) => settingsFor(settings, "m".repeat(63), stack).schema_name,
    );
    expect(cluster).toHaveLength(63);
    expect(mesh).not.toBe(cluster);
  });

  test("what is missing is named", () => {
    expect(problemsOf({ GATEHOUSE_BACKEND: "azurerm" }).map(({ path }) => path)).toEqual([
      "GATEHOUSE_BACKEND_CONFIG.storage_account_name",
      "GATEHOUSE_BACKEND_CONFIG.container_name",
    ]);
  });

  test.each([
    ["s3", "secret_key", "AWS_SECRET_ACCESS_KEY"],
    ["gcs", "credentials", "GOOGLE_CREDENTIALS"],
    ["azurerm", "access_key", "ARM_ACCESS_KEY"],
    ["http", "password", "TF_HTTP_PASSWORD"],
    ["consul", "access_token", "CONSUL_HTTP_TOKEN"],
    ["pg", "conn_str", "PG_CONN_STR"],
  ])("%s: the secret %s is refused, never shown, and its variable named", (kind, argument, variable) => {
    const needed = { bucket: "b", storage_account_name: "a", container_name: "c", address: "x{mesh}{stack}" };
    const problems = problemsOf({ GATEHOUSE_BACKEND: kind, ...config({ ...needed, [argument]: "marked-secret" }) });
    expect(problems).toEqual([expect.objectContaining({ path: `GATEHOUSE_BACKEND_CONFIG.${argument}` })]);
    expect(problems[0]?.remedy).toContain(variable);
    expect(JSON.stringify(problems)).not.toContain("marked-secret");
  });

  test("what is not a JSON object is refused and not shown", () => {
    for (const text of ['{"bucket": ', '"b"', "[1]", "null"]) {
      const [problem] = problemsOf({ GATEHOUSE_BACKEND: "s3", GATEHOUSE_BACKEND_CONFIG: text });
      expect(problem).toMatchObject({ path: "GATEHOUSE_BACKEND_CONFIG", found: "nothing" });
    }
  });

  test("settings for a backend that takes none are refused", () => {
    expect(problemsOf(config({ bucket: "b" }))).toHaveLength(1);
    expect(problemsOf({ GATEHOUSE_BACKEND: "cloud", ...config({}) })).toHaveLength(1);
  });
});
