/**
 * Whatever text stands in whichever field of a declaration: it is refused, or everything that is written from it has the
 * structure that it has with harmless text. What a value becomes where it belongs is tested in `templates/quoting.test.ts`.
 */
import fc from "fast-check";
import { parse as parseYaml } from "yaml";
import { checkMesh, type Files, type Mesh, type MeshDeclaration } from "../../model";
import { clusterGraph, meshGraph } from "../support/graph";
import { nasty } from "../support/nasty";
import { declaration } from "../support/shop";
import { filesIn, quotedString, readText } from "../support/terraform-text";

jest.setTimeout(120_000);

/** One of every field that takes text. */
function rich(): MeshDeclaration {
  const mesh = declaration();
  const { frontend, backend } = mesh.services!;
  Object.assign(frontend!, { memoryMax: "512M", cpuQuota: "50%", health: { http: "/ready", interval: "2s" } });
  Object.assign(frontend!.run, { args: ["-v", "two"], env: { GREETING: "hello", OTHER: "x" } });
  Object.assign(backend!, { health: { script: ["/usr/bin/check", "now"], timeout: "1s" } });
  mesh.gateways!.edge!.listeners[0]!.services[0]!.hosts = ["shop.example.org"];
  mesh.nodes.worker1!.ssh = { user: "deploy", privateKeyFile: "keys/other" };
  mesh.intentions = [
    {
      source: "frontend",
      destination: "backend",
      permissions: [
        { action: "allow", http: { pathPrefix: "/", methods: ["GET"], header: [{ name: "x-team", exact: "shop" }] } },
      ],
    },
  ];
  mesh.configEntries = [
    {
      kind: "service-router",
      name: "backend",
      routes: [{ match: { http: { pathExact: "/old" } }, destination: { service: "backend", prefixRewrite: "/new" } }],
    },
    {
      kind: "jwt-provider",
      name: "login",
      issuer: "https://login.example.org",
      jsonWebKeySet: { local: { jwks: "e30=" } },
    },
  ];
  return mesh;
}

const files: Files = {
  look: (path) => (path.startsWith("keys/") ? "file" : "executable"),
  absolute: (path) => `/project/${path}`,
  text: () => "",
  sha256: () => "ab".repeat(32),
  pack: () => ({ sha256: "ab".repeat(32), files: 1, bytes: 1 }),
};

type Step = string | number;

/** Where text stands, keys of environment variables included. */
function places(value: unknown, at: Step[] = []): Step[][] {
  if (typeof value === "string") return [at];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => places(inner, [...at, key]));
}

function withText(mesh: MeshDeclaration, at: Step[], text: string): MeshDeclaration {
  const parent = at.slice(0, -1).reduce<never>((inner, step) => inner[step as never], mesh as never);
  (parent as Record<Step, unknown>)[at.at(-1)!] = text;
  return mesh;
}

/** Every expression that Terraform would evaluate in a text. */
function expressions(text: string): string[] {
  const literal = (quotedString(text) ?? text).replace(/\$\$\{/g, "").replace(/%%\{/g, "");
  expect(literal).not.toContain("%{");
  const found: string[] = [];
  for (let at = literal.indexOf("${"); at !== -1; at = literal.indexOf("${", at + 2)) {
    // A path in file("...") may be any text, as one string.
    const file = /^\$\{file\("(?:[^"\\]|\\.)*"\)\}/s.exec(literal.slice(at));
    found.push(file ? "a file" : literal.slice(at, literal.indexOf("}", at) + 1));
  }
  return found;
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

const withoutLiterals = (text: string) => text.replace(/"(?:[^"\\]|\\.)*"/g, '""');

/** Keys and lengths. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}

/** The structure of a file, without its values. */
function structure(path: string, content: string): unknown {
  if (path.endsWith(".service")) return content.split("\n").map((line) => line.replace(/^([A-Za-z]+)=.*$/s, "$1="));
  if (path.endsWith(".hcl")) {
    for (const literal of content.match(/"(?:[^"\\]|\\.)*"/g) ?? []) expect(literal).not.toMatch(/[$%]\{/);
    return withoutLiterals(content);
  }
  if (path.endsWith(".env"))
    return content.split("\n").map((line) => line.replace(/^([A-Z_]+)="(?:[^"\\]|\\.)*"$/, "$1"));
  if (path.endsWith("/user_data")) return shape(parseYaml(content));
  return content.split("\n").map((line) => line.replace(/'(?:[^']|'\\'')*'/g, "''")); // NAME='value' for a shell
}

function everything(mesh: Mesh) {
  const graphs = [meshGraph(mesh), clusterGraph(mesh)].map(({ json }) => json);
  const written = graphs.flatMap(({ resource }) =>
    Object.values(resource.local_file as Record<string, { filename: string; content: string }>).flatMap(
      ({ filename, content }) => {
        const text = readText(content);
        const files = filename.endsWith("/user_data") ? [["", text] as const] : filesIn(text);
        return files.map(([path, inner]) => [filename + path, structure(filename + path, inner)] as const);
      },
    ),
  );
  return {
    written: Object.fromEntries(written),
    expressions: graphs.flatMap((graph) => stringsIn(graph).flatMap(expressions)).sort(),
    resources: graphs.map(({ resource }) => Object.values(resource).flatMap((named) => Object.keys(named as object))),
    connections: graphs.flatMap(({ resource }) =>
      Object.values(resource.null_resource as Record<string, { connection?: object }>).map(({ connection }) =>
        Object.keys(connection ?? {}),
      ),
    ),
  };
}

/** With the text that was declared. */
let plain: ReturnType<typeof everything>;
beforeAll(() => {
  const checked = checkMesh(rich(), files);
  if ("problems" in checked) throw new Error(JSON.stringify(checked.problems));
  plain = everything(checked.mesh);
});

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...nasty, "\n", "\r", "\0", "\u2028", "[Service]\nUser=root", '"}\n', "'; id; '"),
      fc.string(),
    ),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((parts) => parts.join(""))
  .filter((value) => /[^A-Za-z0-9_.:/-]/.test(value)); // else it may be just another name, path or address

test("any text in any field of a declaration is refused or changes nothing but its own value", () => {
  const all = places(rich());
  expect(all.length).toBeGreaterThan(50);
  const seen = { accepted: new Set<string>(), refused: new Set<string>() };
  // Chance alone might pick places that refuse all such text.
  const free = all.filter((at) => /\.(args|env)\./.test(at.join(".")));
  expect(free.length).toBeGreaterThan(2);
  fc.assert(
    fc.property(fc.constantFrom(...all), text, (at, value) => {
      const result = checkMesh(withText(rich(), at, value), files);
      ("problems" in result ? seen.refused : seen.accepted).add(at.join("."));
      if ("problems" in result) return;
      expect(everything(result.mesh)).toEqual(plain);
    }),
    { numRuns: 60, examples: free.map((at) => [at, "a 'b' ${c} %{d}\\"]) },
  );
  // Both happen, or this test would say nothing.
  expect(seen.accepted.size).toBeGreaterThan(2);
  expect(seen.refused.size).toBeGreaterThan(10);
});

test.each([
  ["services.frontend.run.args.0", ["services", "frontend", "run", "args", 0]],
  ["services.frontend.run.env", ["services", "frontend", "run", "env", "GREETING"]],
  ["services.frontend.run.binary", ["services", "frontend", "run", "binary"]],
  ["services.backend.health.script.1", ["services", "backend", "health", "script", 1]],
  ["the key file", ["ssh", "privateKeyFile"]],
  ["a header's value", ["intentions", 0, "permissions", 0, "http", "header", 0, "exact"]],
  ["a field of a free config entry", ["configEntries", 1, "issuer"]],
])("%s takes everything that is nasty and legal", (_what, at) => {
  const result = checkMesh(withText(rich(), at, nasty.join("")), files);
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  expect(everything(result.mesh)).toEqual(plain);
});
