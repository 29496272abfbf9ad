import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** From the ground up: a folder imports only from itself and from those before it. CONTRIBUTING.md says what each holds. */
const LAYERS = [
  "model",
  "meshes",
  "templates",
  "toolchain",
  "mesh-secrets",
  "nodes",
  "findings",
  "terraform",
  "stacks",
  "review",
  "main.ts",
  "preflight",
  "doctor",
  "trust",
  "adopt",
  "recover",
  "lab",
  "commands",
  "__tests__",
  "bench",
];

/** Folders without TypeScript of ours. */
const OTHERS = ["node_modules", "node", "providers", "docs", "bin", "cdktf.out", "coverage"];

/** A mesh is imported by its file; nothing but tests imports tests. */
const WITHOUT_DOOR = ["meshes", "__tests__"];

const isFolder = (path: string) => statSync(path).isDirectory();

function filesIn(layer: string): string[] {
  if (!isFolder(layer)) return [layer];
  return readdirSync(layer, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes(".state/"))
    .map((name) => join(layer, name));
}

interface Import {
  from: string;
  /** The imported module; a path from the top, where it is one of this project. */
  module: string;
  /** Its layer; empty where it is a package. */
  layer: string;
}

const importsOf = (file: string): Import[] =>
  [...readFileSync(file, "utf8").matchAll(/(?:from|import|require)\s*\(?\s*"([^"\n]+)"/g)].map(([, name = ""]) => {
    const module = name.startsWith(".") ? normalize(join(dirname(file), name)) : name;
    return { from: file, module, layer: name.startsWith(".") ? (module.split("/")[0] ?? "") : "" };
  });

const told = (imports: Import[]) => imports.map(({ from, module }) => `${from} imports ${module}`);

test("every folder has its place", () => {
  const folders = readdirSync(".").filter((name) => !name.startsWith(".") && isFolder(name));
  const known = [...LAYERS, ...OTHERS];
  expect(folders.filter((name) => !known.includes(name) && filesIn(name).length > 0)).toEqual([]);
  expect(LAYERS.filter((name) => !existsSync(name))).toEqual([]);
});

describe.each(LAYERS)("%s", (layer) => {
  const imports = filesIn(layer).flatMap(importsOf);

  test("imports only from the layers before it", () => {
    const before = LAYERS.slice(0, LAYERS.indexOf(layer) + 1);
    expect(told(imports.filter((one) => one.layer !== "" && !before.includes(one.layer)))).toEqual([]);
  });

  test("imports other folders through their doors", () => {
    const behind = imports.filter(
      ({ from, module, layer: of }) =>
        of !== "" && module !== of && of !== layer && !WITHOUT_DOOR.includes(of) && !mayLookBehind(from, of),
    );
    expect(told(behind)).toEqual([]);
  });

  if (!["stacks", "main.ts", "__tests__"].includes(layer)) {
    test("does not know Terraform's constructs", () => {
      expect(told(imports.filter(({ module }) => /^(cdktf|constructs|@cdktf\/)/.test(module)))).toEqual([]);
    });
  }
});

/** The tests of a folder look behind its door, and so do the helpers that make up its facts. */
function mayLookBehind(from: string, layer: string): boolean {
  return from.startsWith(`__tests__/${layer}/`) || from.startsWith("__tests__/support/");
}
