/** Entries that route calls, whose references and what they name change in one deploy. */
import type { ConfigEntryDeclaration, MeshDeclaration } from "../../../model";
import { changeTo, lossless } from "../support/changes";
import {
  asOperator,
  backendOn,
  cdktf,
  consul,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  on,
  plan,
} from "../support/mesh";
import { during } from "../support/record";

jest.setTimeout(300_000);

/** Requests of one second of load. */
const SECOND = 200;

const one = { filter: "Node.Node == worker1" };
const two = { filter: "Node.Node == worker2" };

type Resolver = Extract<ConfigEntryDeclaration, { kind: "service-resolver" }>;

const resolver = (name: string, fields: Partial<Resolver>): Resolver =>
  ({ kind: "service-resolver", name, ...fields }) as Resolver;

const splitter = (shares: Record<string, number>): ConfigEntryDeclaration => ({
  kind: "service-splitter",
  name: "backend",
  splits: Object.entries(shares).map(([serviceSubset, weight]) => ({ weight, serviceSubset })),
});

/** The lab's mesh with its backend on these workers, a service `spare`, and these entries. */
function routed(workers: string[], configEntries: ConfigEntryDeclaration[]): MeshDeclaration {
  const mesh = declaration();
  mesh.services!.backend!.runsOn = workers;
  mesh.services!.spare = backendOn(["worker2"], 9003);
  return { ...mesh, configEntries };
}

const alone = () => routed(["worker1"], [resolver("backend", { subsets: { one } }), splitter({ one: 100 })]);
const halves = () =>
  routed(["worker1", "worker2"], [resolver("backend", { subsets: { one, two } }), splitter({ one: 50, two: 50 })]);
const renamed = () => routed(["worker1"], [resolver("backend", { subsets: { only: one } }), splitter({ only: 100 })]);
const spareNamed = () =>
  routed(
    ["worker1"],
    [
      resolver("spare", { subsets: { all: {} } }),
      resolver("backend", {
        defaultSubset: "only",
        subsets: { only: one },
        failover: { "*": { service: "spare", serviceSubset: "all" } },
      }),
    ],
  );

/** Both services of the chain speak tcp, and the failover still leads from one to the other. */
function overTcp(): MeshDeclaration {
  const mesh = spareNamed();
  for (const name of ["backend", "spare"]) mesh.services![name]!.protocol = "tcp";
  return mesh;
}

function withoutSpare(): MeshDeclaration {
  const mesh = routed(["worker1"], [resolver("backend", { subsets: { only: one } }), splitter({ only: 100 })]);
  delete mesh.services!.spare;
  return mesh;
}

const subsetsOf = async (name: string) =>
  Object.keys((await consul<{ Subsets: object }>(`config/service-resolver/${name}`)).Subsets).sort();

/** Writes, or removes, an entry of another team in this Consul. */
const byHand = (method: string, path: string, entry: object = {}) =>
  on(
    "server1",
    asOperator(
      `curl -sS --fail -X ${method} -H "X-Consul-Token: $CONSUL_HTTP_TOKEN" -d '${JSON.stringify(entry)}' 127.0.0.1:8500/v1/config${path}`,
    ),
  );

describeOnLab("entries that name each other, changed under load", () => {
  beforeAll(async () => {
    await freshLab();
    await deploy(alone());
  });

  test("a subset comes with its instances and its share, and all go again", async () => {
    expect(await changeTo(halves(), "a subset comes, with its instance and half of the calls")).toMatchObject(lossless);
    expect(await subsetsOf("backend")).toEqual(["one", "two"]);
    expect(await changeTo(alone(), "a subset retired, with its instance and its share")).toMatchObject(lossless);
    expect(await subsetsOf("backend")).toEqual(["one"]);
  });

  test("a foreign entry that names a subset refuses its end before anything changes", async () => {
    await byHand("PUT", "", { Kind: "service-defaults", Name: "other", Protocol: "http" });
    const splits = [{ Weight: 100, Service: "backend", ServiceSubset: "one" }];
    await byHand("PUT", "", { Kind: "service-splitter", Name: "other", Splits: splits });
    const { load } = await during("a retired subset that a foreign splitter names: the deploy is refused", async () => {
      const { exitCode, text } = await cdktf(renamed(), "deploy", "cluster", "mesh", "--auto-approve");
      expect(exitCode).not.toBe(0);
      expect(text.replace(/\s+/g, " ")).toContain(
        "service-splitter/other, an entry in Consul that is not of this mesh",
      );
      expect(await subsetsOf("backend")).toEqual(["one"]);
      // The declaration goes back to what it was, which the foreign entry does not hinder.
      await deploy(alone());
      expect(await consul("config/service-splitter/other")).toMatchObject({ Splits: splits });
      await byHand("DELETE", "/service-splitter/other");
      await byHand("DELETE", "/service-defaults/other");
    });
    expect(load).toMatchObject({ failed: 0 });
  });

  test("a subset is renamed", async () => {
    expect(await changeTo(renamed(), "a subset renamed")).toMatchObject(lossless);
    expect(await subsetsOf("backend")).toEqual(["only"]);
  });

  test("a chain of two services changes its protocol", async () => {
    await deploy(spareNamed());
    const { failed, text } = await changeTo(
      overTcp(),
      "the protocol of a service and of its failover becomes tcp (an outage)",
      {
        keepAlive: false,
      },
    );
    expect(failed).toBeLessThanOrEqual(5 * SECOND);
    expect(text).toContain("protocols: PUT service-resolver/backend");
    for (const name of ["backend", "spare"])
      expect(await consul(`config/service-defaults/${name}`)).toMatchObject({ Protocol: "tcp" });
    expect(await consul("config/service-resolver/backend")).toMatchObject({ Failover: { "*": { Service: "spare" } } });
  });

  test("a service goes that another's failover names", async () => {
    await deploy(spareNamed());
    expect(await changeTo(withoutSpare(), "a service removed that another's failover names")).toMatchObject(lossless);
    expect(await plan(withoutSpare())).toEqual([]);
  });

  test("the mesh can be destroyed", async () => {
    await deploy(spareNamed());
    const { exitCode, text } = await cdktf(spareNamed(), "destroy", "mesh", "--auto-approve");
    expect(exitCode === 0 || text).toBe(true);
  });
});
