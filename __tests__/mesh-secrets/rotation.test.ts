import { X509Certificate } from "node:crypto";
import { authoritiesOf, formatSecrets, forRuns, parseSecrets, type Secrets } from "../../mesh-secrets";
import { changeSecrets, handOver, isHandedOver, nextAuthority } from "../../mesh-secrets/rotation";
import { Project } from "../support/secrets-folder";
import { declaration, meshOf } from "../support/shop";

const mesh = meshOf(declaration());
let project: Project;
beforeEach(async () => {
  project = new Project(mesh);
  await project.make();
});
afterEach(() => project.remove());

/** Whether an agent that believes these authorities believes these certificates. */
const believes = (agent: Secrets, shown: Secrets): boolean =>
  Object.values(shown.servers).every(({ cert }) =>
    authoritiesOf(agent)!.some((ca) => new X509Certificate(cert).verify(new X509Certificate(ca).publicKey)),
  );

test("while the authority is replaced, agents of a step and of the one before believe each other", async () => {
  const steps: Secrets[] = [project.secrets()];
  for (let step = 0; step < 3; step++) steps.push(await nextAuthority(mesh, steps[step]!));
  for (let step = 0; step < 3; step++) {
    const [before, after] = [steps[step]!, steps[step + 1]!];
    expect([believes(before, after), believes(after, before)]).toEqual([true, true]);
    expect(parseSecrets(formatSecrets(after), "written")).toEqual(after);
  }
  const [first, , , last] = steps;
  expect(believes(first!, last!)).toBe(false);
  expect(believes(last!, first!)).toBe(false);
  expect(Object.keys(last!.ca!).sort()).toEqual(["cert", "key"]);
  expect(last).toMatchObject({ gossipKey: first!.gossipKey, managementToken: first!.managementToken });
});

test("runs elsewhere get both authorities and no key", async () => {
  const both = await nextAuthority(mesh, project.secrets());
  const { ca } = forRuns(both);
  expect(Object.keys(ca!)).toEqual(["cert"]);
  expect(ca?.cert).toBe(both.ca!.cert + both.ca!.next!.cert);
});

test("an authority of one's own is not replaced, and it is said how", async () => {
  const { ca, ...rest } = project.secrets();
  await expect(nextAuthority(mesh, { ...rest, ca: { cert: ca!.cert } })).rejects.toThrow(/your own .*By hand/);
});

test("a key is handed over once, and the earlier one is kept until it is over", () => {
  const before = project.secrets();
  const now = "b".repeat(43);
  const begun = handOver(before, "gossipKey", now);
  expect(begun).toMatchObject({ gossipKey: now, previous: { gossipKey: before.gossipKey } });
  expect(handOver(begun, "gossipKey", "another")).toEqual(begun);
  const both = handOver(begun, "managementToken", "new");
  expect(isHandedOver(both, "gossipKey").previous).toEqual({ managementToken: before.managementToken });
  expect(isHandedOver(begun, "gossipKey")).toEqual({ ...before, gossipKey: now });
});

test("the document is changed in its file; from a variable it cannot be", async () => {
  const from = { folder: project.folder, environment: {} };
  await changeSecrets(mesh, (secrets) => nextAuthority(mesh, secrets), from);
  expect(project.secrets().ca?.next?.cert).toContain("CERTIFICATE");
  const environment = { TF_VAR_gatehouse_secrets: formatSecrets(project.secrets()) };
  await expect(changeSecrets(mesh, (one) => one, { ...from, environment })).rejects.toThrow("cannot be written");
});
