/** Entries that are no longer the mesh's, with a shell program in Terraform's place. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { leavingEntries, othersEntries } from "../../commands/leave-entries";
import { FakeProject } from "../support/fake-project";

jest.setTimeout(60_000);

const project = new FakeProject();
const path = join(project.folder, "mesh.tfstate");
const OURS = { Meta: { "gatehouse-mesh": "shop" } };
const LATER = { Meta: { "gatehouse-mesh": "other" } };

const inState = (name: string, config: object = OURS) => ({
  type: "consul_config_entry",
  name: `service-defaults_${name}`,
  instances: [{ attributes: { kind: "service-defaults", name, config_json: JSON.stringify(config) } }],
});
const inConsul = (Name: string, config: object = OURS) => ({ Kind: "service-defaults", Name, ...config });
const document = {
  terraform: { backend: { local: { path } } },
  resource: { consul_config_entry: { "service-defaults_stays": {} } },
};

beforeAll(() => {
  project.synthesized("cluster", {
    terraform: { backend: { local: { path: join(project.folder, "cluster.tfstate") } } },
  });
  project.synthesized("mesh", document);
});
beforeEach(() => {
  const resources = ["stays", "ours", "others"].map((name) => inState(name));
  writeFileSync(path, JSON.stringify({ resources: [...resources, { type: "null_resource", name: "a" }] }));
});
afterAll(() => project.remove());

test("what leaves are entries of the state that are not declared, and all where everything is destroyed", () => {
  const state = { resources: [inState("stays"), inState("goes"), { type: "null_resource", name: "a" }] };
  const names = (of: typeof document | undefined) => leavingEntries(of, state).map(({ name }) => name);
  expect(names(document)).toEqual(["goes"]);
  expect(names(undefined)).toEqual(["stays", "goes"]);
  expect(leavingEntries(document, undefined)).toEqual([]);
});

test.each([
  ["is as this mesh wrote it", OURS, OURS, false],
  ["has the mark of an expansion of this mesh", OURS, { Meta: { "gatehouse-handover": "shop" } }, false],
  ["has another mesh's mark", OURS, LATER, true],
  ["has lost its mark", OURS, {}, true],
  ["has another mesh's mark and had none, of an earlier version", {}, LATER, true],
  ["never had a mark, of an earlier version", {}, {}, false],
])("an entry that %s", (_, wrote, now, others) => {
  const leaving = leavingEntries(undefined, { resources: [inState("web", wrote)] });
  expect(othersEntries("shop", leaving, [inConsul("web", now), inConsul("api", LATER)]).length > 0).toBe(others);
  expect(othersEntries("shop", leaving, [])).toEqual([]); // it is gone already
});

const hook = (destroy: boolean) =>
  `(stack) => require("${resolve("commands/leave-entries.ts")}").leaveOthersEntries(stack, "shop", {
    destroy: ${destroy}, read: async () => ${JSON.stringify(["stays", "ours", "others"].map((name) => inConsul(name, name === "others" ? LATER : OURS)))} })`;
const removed = (calls: string[]) => calls.filter((call) => / state rm /.test(call));
const RM = "mesh state rm -lock-timeout=2m consul_config_entry.service-defaults_others";

test.each<[string, string]>([
  [
    "deploy",
    `require("${resolve("terraform/deploy.ts")}").deploy(["-auto-approve"], { preflight: async () => ({}), beforePlan: ${hook(false)} })`,
  ],
  ["destroy", `require("${resolve("terraform/destroy.ts")}").destroy(["-auto-approve"], ${hook(true)})`],
])("%s takes what is another's out of the state before it plans, and says so", async (verb, code) => {
  const { exitCode, calls, text } = await project.run(code, "");
  expect(exitCode).toBe(0);
  expect(removed(calls)).toContain(RM);
  expect(removed(calls).every((call) => call === RM)).toBe(true);
  const change = verb === "deploy" ? "mesh apply" : "mesh destroy";
  expect(calls.indexOf(RM)).toBeLessThan(calls.findIndex((call) => call.startsWith(change)));
  expect(text).toContain("service-defaults/others stays in Consul: it was written over after this mesh wrote it.");
});

test("nothing is applied where the state cannot be changed", async () => {
  const code = `require("${resolve("terraform/destroy.ts")}").destroy(["-auto-approve"], ${hook(true)}).catch((error) => { console.error(error.message); return 9; })`;
  const { exitCode, calls, text } = await project.run(
    code,
    'case "$*" in "state rm"*) echo locked >&2; exit 1 ;; esac',
  );
  expect(exitCode).toBe(9);
  expect(text).toContain("service-defaults_others could not be taken out of the state: locked");
  expect(calls.some((call) => / destroy/.test(call))).toBe(false);
});
