import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, CloudBackend, LocalBackend, NamedCloudWorkspace, TerraformStack } from "cdktf";
import { keepPrivate } from "../../stacks";

const mode = (path: string): number => statSync(path).mode & 0o777;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-private-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the output folder and every local state are the owner's alone, and keep what is in them", () => {
  const app = new App({ outdir: join(folder, "out") });
  const [mine, other] = [join(folder, "mesh.tfstate"), join(folder, "cluster.tfstate")];
  new LocalBackend(new TerraformStack(app, "mesh"), { path: mine });
  new LocalBackend(new TerraformStack(app, "cluster"), { path: other });
  new CloudBackend(new TerraformStack(app, "elsewhere"), {
    organization: "shop",
    workspaces: new NamedCloudWorkspace("elsewhere"),
  });
  writeFileSync(mine, "{}", { mode: 0o644 });
  const before = process.umask(0);
  app.synth();
  keepPrivate(app);
  process.umask(before);
  expect([app.outdir, mine, `${mine}.backup`, other, `${other}.backup`].map(mode)).toEqual([
    0o700, 0o600, 0o600, 0o600, 0o600,
  ]);
  expect([statSync(mine).size, statSync(other).size]).toEqual([2, 0]);
});
