import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  complete,
  formatSecrets,
  forRuns,
  parseSecrets,
  readSecrets,
  SECRETS_VARIABLE,
  SecretsError,
} from "../../mesh-secrets";
import { Project } from "../support/secrets-folder";
import { fullDeclaration, meshOf } from "../support/shop";

let project: Project;
beforeEach(async () => {
  project = new Project(meshOf(fullDeclaration()));
  await project.make();
});
afterEach(() => project.remove());

const read = (environment: NodeJS.ProcessEnv = {}) => readSecrets("shop", { folder: project.folder, environment });
const SECRET = "hunter2-hunter2";

function faultOf(document: unknown): string {
  project.write(document);
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(SecretsError);
    return (error as Error).message;
  }
  throw new Error("it was accepted");
}

test("reads what was made", () => {
  expect(read()).toEqual(project.secrets());
});

test("there is none where neither file nor variable is", () => {
  expect(readSecrets("other", { folder: project.folder, environment: {} })).toBeUndefined();
});

test("the variable comes before the file", () => {
  const services = { frontend: { API_KEY: SECRET } };
  expect(read({ [SECRETS_VARIABLE]: JSON.stringify({ version: 1, services }) })).toEqual({
    version: 1,
    servers: {},
    services,
  });
});

test("what runs need is all but the key of the authority, and completes to nothing new", async () => {
  const whole = project.secrets();
  const given = parseSecrets(formatSecrets(forRuns(whole)), "printed");
  expect(whole.ca?.key).toContain("PRIVATE KEY");
  expect(given).toEqual({ ...whole, ca: { cert: whole.ca?.cert } });
  expect(await complete(meshOf(fullDeclaration()), given)).toMatchObject({ secrets: given, made: [] });
  const none = { version: 1 as const, servers: {}, services: {} };
  expect(forRuns(none)).toEqual(none);
});

test("a fault in the variable is told by the variable's name", () => {
  expect(() => read({ [SECRETS_VARIABLE]: "{" })).toThrow(new RegExp(`^${SECRETS_VARIABLE} is not JSON`));
});

const withServer = (change: object) => {
  const secrets = project.secrets();
  return { ...secrets, servers: { server1: { ...secrets.servers.server1, ...change } } };
};
const withValue = (value: unknown) => ({ ...project.secrets(), services: { frontend: { API_KEY: value } } });

test.each<[string, () => unknown, RegExp]>([
  ["no object", () => `"${SECRET}"`, /\(the whole\)/],
  ["another version", () => ({ ...project.secrets(), version: 2 }), /version: version has to be 1/],
  ["a key that no one knows", () => ({ ...project.secrets(), gosipKey: SECRET }), /gosipKey/],
  ["a short gossip key", () => ({ ...project.secrets(), gossipKey: SECRET }), /gossipKey: no base64 of 32 bytes/],
  ["a token that is none", () => ({ ...project.secrets(), managementToken: SECRET }), /managementToken: no UUID/],
  ["text for a certificate", () => withServer({ cert: SECRET }), /servers\.server1\.cert: no certificate in PEM/],
  ["text for a key", () => withServer({ key: SECRET }), /servers\.server1\.key: no private key in PEM/],
  ["another's key", () => withServer({ key: project.secrets().ca.key }), /servers\.server1: the key is not/],
  ["a value with other line ends", () => withValue(`${SECRET}\r\nX`), /services\.frontend\.API_KEY: a value is text/],
  ["a value that Terraform would change", () => withValue(`${SECRET}e\u0301`), /services\.frontend\.API_KEY: .*NFC/],
  [
    "a value that systemd would drop",
    () => withValue(`${SECRET}\uffff`),
    /services\.frontend\.API_KEY: .*Unicode reserves/,
  ],
  ["an empty value", () => withValue(""), /services\.frontend\.API_KEY: an empty value/],
  ["a number", () => withValue(4711), /services\.frontend\.API_KEY/],
  ["half a file", () => `{\n  "managementToken": "${SECRET}",\n  "x`, /is not JSON/],
  ["a file with a comma too much", () => `{\n  "managementToken": "${SECRET}",\n}`, /is not JSON \(line 3\)/],
])("%s: says where, never what, and leaves the file", async (_, document, fault) => {
  const message = faultOf(document());
  expect(message).toContain(project.file);
  expect(message).toMatch(fault);
  expect(message).not.toContain("hunter2");
  const before = project.text();
  await expect(project.make()).rejects.toThrow(SecretsError);
  expect(project.text()).toBe(before);
});

test("a folder in the file's place is told with its path", () => {
  mkdirSync(join(project.folder, "secrets", "other.json"));
  expect(() => readSecrets("other", { folder: project.folder, environment: {} })).toThrow(/other\.json cannot be read/);
});
