import type { MeshDeclaration } from "../../model";
import { type Graph, meshGraph } from "../support/graph";
import { declaration, meshOf } from "../support/shop";

function withSecrets(version = "1", changes: Partial<MeshDeclaration["consul"]> = {}): Graph {
  const changed = declaration();
  Object.assign(changed.consul, changes);
  changed.services!.frontend!.run.secrets = { DB_PASSWORD: { version }, API_KEY: { version: "7" } };
  return meshGraph(meshOf(changed));
}

interface Provisioner {
  type: string;
  content?: string;
  destination?: string;
}
const provisioners = (graph: Graph, address: string): Provisioner[] => {
  const listed = graph.resource(address).provisioner as Record<string, Omit<Provisioner, "type">>[];
  return listed.map((one) => Object.entries(one).map(([type, rest]) => ({ type, ...rest }))[0]!);
};
const triggers = (graph: Graph, address: string) => graph.resource(address).triggers as Record<string, string>;

const INSTANCES = ["null_resource.instance_frontend_worker1", "null_resource.instance_frontend_worker2"];

describe.each([
  ["with a Consul of ours", {}],
  ["with one that was there before", { existing: true }],
  ["with an open Consul", { acl: false, tls: false, gossipEncryption: false }],
])("secret variables %s", (_, consul) => {
  const graph = withSecrets("1", consul);

  test.each(INSTANCES)("reach %s as a file, before its program", (address) => {
    const [first, file, program] = provisioners(graph, address);
    expect([first?.type, file?.type, program?.type]).toEqual(["remote-exec", "file", "remote-exec"]);
    expect(file).toMatchObject({
      content:
        '${jsonencode({"API_KEY" = local.secrets.services.frontend.API_KEY, "DB_PASSWORD" = local.secrets.services.frontend.DB_PASSWORD})}',
      destination: "/run/gatehouse-secrets/shop/env-frontend.json",
    });
    // By this the program removes them where gatehouse-node cannot.
    expect(JSON.stringify(program)).toContain("SECRETS='/run/gatehouse-secrets/shop/env-frontend.json'");
  });

  test.each(INSTANCES)("are missed when Terraform plans %s, by name", (address) => {
    const { precondition } = graph.resource(address).lifecycle as { precondition: Record<string, string>[] };
    expect(precondition.map(({ condition }) => condition)).toEqual([
      '${can(regex("^[^[:cntrl:]]+$", local.secrets.services.frontend.API_KEY))}',
      '${can(regex("^[^[:cntrl:]]+$", local.secrets.services.frontend.DB_PASSWORD))}',
    ]);
    expect(precondition[0]?.error_message).toContain("no value of API_KEY for the service frontend");
  });

  test("no other instance gets them", () => {
    const text = JSON.stringify(graph.resource("null_resource.instance_backend_worker2"));
    expect(text).not.toContain("local.secrets");
  });
});

test("a new version rolls the instances of that service, and nothing else", () => {
  const [one, two] = [withSecrets("1"), withSecrets("2")];
  const changed = one.addresses.filter(
    (address) => JSON.stringify(one.resource(address)) !== JSON.stringify(two.resource(address)),
  );
  expect(changed).toEqual(INSTANCES);
  for (const address of INSTANCES) {
    expect(triggers(one, address).release).not.toBe(triggers(two, address).release);
  }
});

test("no file for a reviewer is made of them", () => {
  const contents = JSON.stringify(withSecrets().json.resource.local_file);
  expect(contents).not.toContain("local.secrets");
  expect(contents).not.toContain("API_KEY");
});

test("a service whose name begins with a digit, or has a hyphen, finds its values", () => {
  const changed = declaration();
  const { frontend, ...rest } = changed.services!;
  for (const name of ["2fa", "web-shop"]) {
    rest[name] = { ...rest.backend!, port: name === "2fa" ? 9005 : 9006 };
    rest[name]!.run = { ...rest[name]!.run, secrets: { KEY: { version: "1" } } };
  }
  const graph = meshGraph(meshOf({ ...changed, services: { frontend: frontend!, ...rest } }));
  const contents = ["2fa", "web-shop"].map(
    (name) => provisioners(graph, `null_resource.instance_${name}_worker2`)[1]?.content,
  );
  expect(contents).toEqual([
    '${jsonencode({"KEY" = local.secrets.services["2fa"].KEY})}',
    '${jsonencode({"KEY" = local.secrets.services["web-shop"].KEY})}',
  ]);
});

test("secret configuration files take the same way, and none of their text is here", () => {
  const changed = declaration();
  Object.assign(changed.services!.frontend!.run, {
    secrets: { API_KEY: { version: "1" } },
    configFiles: { "app.yaml": { secret: "app-yaml" }, "open.yaml": { text: "a" } },
  });
  const graph = meshGraph(meshOf(changed));
  for (const address of INSTANCES) {
    expect(provisioners(graph, address)[1]?.content).toBe(
      '${jsonencode({"API_KEY" = local.secrets.services.frontend.API_KEY, "app-yaml" = local.secrets.services.frontend["app-yaml"]})}',
    );
    const { precondition } = graph.resource(address).lifecycle as { precondition: Record<string, string>[] };
    expect(precondition.map(({ condition }) => condition)).toEqual([
      '${can(regex("^[^[:cntrl:]]+$", local.secrets.services.frontend.API_KEY))}',
      '${can(regex("[^[:space:]]", local.secrets.services.frontend["app-yaml"]))}',
    ]);
    expect(precondition[1]?.error_message).toContain("no content of app.yaml for the service frontend");
  }
});

test("a service that Consul does not know has no token", () => {
  const changed = declaration();
  changed.services!.job = { runsOn: ["worker1"], run: { command: ["/usr/bin/job"] } };
  changed.services!.worker = { ...changed.services!.job, upstreams: { backend: { localPort: 5009 } } };
  const { addresses } = meshGraph(meshOf(changed));
  const ofTokens = addresses.filter((address) => /^consul_acl_token\..*_(job|worker)_worker1$/.test(address));
  expect(ofTokens).toEqual([expect.stringContaining("_worker_worker1")]);
  expect(addresses).toContain("null_resource.instance_job_worker1");
  expect(addresses.filter((address) => address.endsWith("_job"))).toEqual([]);
});
