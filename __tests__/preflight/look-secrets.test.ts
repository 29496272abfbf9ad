import type { Consul, Mesh } from "../../model";
import { lookAtSecrets } from "../../preflight/look-secrets";
import { mesh, service } from "../support/parts";
import { Project } from "../support/secrets-folder";

const of = (consul: Partial<Consul> = {}): Mesh => ({ ...mesh(), consul: { ...mesh().consul, ...consul } });

describe("a mesh's secrets, before a deploy", () => {
  let project: Project;
  beforeEach(() => {
    project = new Project(of());
  });
  afterEach(() => project.remove());

  const told = async (consul: Partial<Consul> = {}) =>
    (await lookAtSecrets(of(consul), { folder: project.folder, environment: {} })).map(
      ({ severity, where, found, remedy }) => `${severity}: ${where.what}: ${found}; ${remedy}`,
    );

  test("are missing as a whole", async () => {
    expect(await told()).toEqual(["problem: secrets: there are none of this mesh; npm run secrets"]);
  });

  test("are lost where agents run with them: a copy comes first", async () => {
    const from = { folder: project.folder, environment: {} };
    const [found, ...more] = await lookAtSecrets(of(), from, ["server1", "worker1"]);
    expect(found?.found).toMatch(/lab.json is not there, and the agents of server1, worker1 run with what was in it/);
    expect(found?.remedy).toMatch(/^restore your copy of that file; without a copy: npm run secrets -- recover/);
    expect(more).toEqual([]);
  });

  test("are complete when they were made", async () => {
    await project.make();
    expect(await told()).toEqual([]);
  });

  test("the key of the authority in a variable is told where runs are elsewhere", async () => {
    await project.make();
    const secrets = project.secrets();
    const look = async (document: object, GATEHOUSE_BACKEND?: string) => {
      const environment = { TF_VAR_gatehouse_secrets: JSON.stringify(document), GATEHOUSE_BACKEND };
      return (await lookAtSecrets(of(), { folder: project.folder, environment })).map(({ found }) => found);
    };
    expect(await look(secrets, "cloud")).toEqual([expect.stringContaining("has the key of the agents' authority")]);
    expect(await look({ ...secrets, ca: { cert: secrets.ca?.cert } }, "cloud")).toEqual([]);
    expect(await look(secrets)).toEqual([]);
  });

  test("lack a part", async () => {
    await project.make();
    const { managementToken, ...rest } = project.secrets();
    project.write(rest);
    expect(await told()).toEqual([
      "problem: secrets: missing or no longer good: the management token; npm run secrets",
    ]);
    expect((await told()).join()).not.toContain(managementToken);
  });

  test("cannot be read", async () => {
    await project.make();
    project.write("{");
    expect(await told()).toEqual([expect.stringMatching(/^problem: secrets: .* is not JSON/)]);
  });

  test("are not needed where Consul was there before, nor in an open mesh", async () => {
    expect(await told({ existing: true })).toEqual([]);
    expect(await told({ acl: false, tls: false, gossipEncryption: false })).toEqual([]);
  });

  test("a service's values are asked for by name, wherever Consul is", async () => {
    const services = [service({ secrets: [{ name: "API_KEY", version: "1" }] })];
    const found = async () =>
      lookAtSecrets({ ...of({ existing: true }), services }, { folder: project.folder, environment: {} });
    expect(await found()).toMatchObject([{ severity: "problem", found: "there are none of this mesh" }]);
    project.write({ version: 1, services: { frontend: { OTHER: "hunter2" } } });
    expect(await found()).toMatchObject([
      { severity: "problem", found: "services.frontend.API_KEY: write its value there" },
    ]);
    project.write({ version: 1, services: { frontend: { API_KEY: "hunter2" } } });
    expect(await found()).toEqual([]);
  });

  test("go with the port of the HTTPS API", async () => {
    await project.make();
    expect(await told({ address: "10.77.0.10:8500" })).toEqual([
      expect.stringMatching(/^warning: consul.address: 10.77.0.10:8500; write port 8501/),
    ]);
    expect(await told({ address: "10.77.0.10:8500", tls: false })).toEqual([]);
  });
});
