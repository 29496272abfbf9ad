import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

// Each room may import from itself and from these.
const rooms: Record<string, string[]> = {
  meshes: ["model"], // the types alone
  model: [],
  templates: ["model"],
  toolchain: [],
  "mesh-secrets": ["model"],
  stacks: ["model", "templates", "mesh-secrets"],
  terraform: ["toolchain"],
  lab: ["model", "mesh-secrets", "toolchain", "meshes"],
  nodes: ["model", "templates", "mesh-secrets", "toolchain", "terraform"],
  findings: ["model", "templates", "nodes"],
  preflight: ["model", "templates", "mesh-secrets", "toolchain", "terraform", "nodes", "findings", "doctor"],
  doctor: ["model", "templates", "mesh-secrets", "toolchain", "terraform", "nodes", "findings", "preflight"],
  review: ["model", "templates", "toolchain"],
  commands: [
    "model",
    "templates",
    "mesh-secrets",
    "toolchain",
    "terraform",
    "lab",
    "nodes",
    "findings",
    "preflight",
    "doctor",
    "review",
  ],
};

describe.each(Object.entries(rooms))("%s", (room, above) => {
  const files = readdirSync(room, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(room, name));

  test("imports only from the rooms above it", () => {
    const foreign = files.flatMap((file) =>
      imports(file)
        .filter((path) => path.startsWith("."))
        .map((path) => normalize(join(dirname(file), path)).split("/")[0] ?? "")
        .filter((target) => target !== room && !above.includes(target))
        .map((target) => `${file} imports from ${target}`),
    );
    expect(foreign).toEqual([]);
  });

  if (room !== "stacks") {
    test("does not know Terraform", () => {
      const knowing = files.filter((file) => imports(file).some((path) => /^(cdktf|constructs|@cdktf\/)/.test(path)));
      expect(knowing).toEqual([]);
    });
  }
});

function imports(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/(?:from|import|require)\s*\(?\s*"([^"]+)"/g)].map(
    ([, path]) => path ?? "",
  );
}
