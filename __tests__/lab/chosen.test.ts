import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chosenMesh, forgetMesh, rememberMesh } from "../../lab/chosen";
import { LAB_MESH, meshPath } from "../../model";

const before = process.cwd();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-chosen-"));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

test("without a lab the example is meant, which can be read everywhere", () => {
  expect(meshPath({})).toBe("meshes/shop.ts");
});

test("the lab's own commands mean its mesh, or the one that is named", () => {
  expect(chosenMesh({})).toBe("meshes/lab.ts");
  expect(chosenMesh({ GATEHOUSE_MESH: "meshes/mine.ts" })).toBe("meshes/mine.ts");
});

test("while the lab is there every other command means the lab's mesh, unless one is named", () => {
  const note = join(folder, LAB_MESH);
  rememberMesh("meshes/mine.ts", note);
  expect(meshPath({})).toBe("meshes/mine.ts");
  expect(meshPath({ GATEHOUSE_MESH: "meshes/other.ts" })).toBe("meshes/other.ts");
  forgetMesh(note);
  expect(meshPath({})).toBe("meshes/shop.ts");
});
