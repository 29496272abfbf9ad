import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { MeshDeclaration } from "../../../model";
import { output } from "../../../toolchain";
import { nothingPlanned, pause } from "../support/interrupt";
import { cdktfCommand, declaration, deploy, describeOnLab, freshLab, gatewayUrl, get, on } from "../support/mesh";
import { during } from "../support/record";

jest.setTimeout(300_000);

const stateOf = (stack: string) => `terraform.lab.${stack}.tfstate`;

describeOnLab("two operators at once", () => {
  beforeAll(async () => {
    await freshLab();
    await deploy(greeted("no one"));
  });

  test("from one checkout: the second is refused, and told who is at work", async () => {
    const { load } = await during("two operators in one checkout: the second is refused", async () => {
      const first = begin("first");
      await pause(500);
      const second = await begin("second");
      expect(second.exitCode).toBe(1);
      expect(second.stderr).toMatch(/^cdktf deploy .*\(process \d+, since .*\) is at work in cdktf\.out\. Wait/m);
      expect((await first).exitCode).toBe(0);
      expect(await on("worker2", greeting)).toBe("GREETING=first");
      await deploy(greeted("first")); // plans nothing, but is what the doctor compares with
    });
    expect(load).toMatchObject({ failed: 0 });
    expect(await nothingPlanned()).toBe("");
  });

  test("from two checkouts with one state: Terraform's lock refuses the second, which goes through afterwards", async () => {
    const other = secondCheckout();
    try {
      const { load } = await during("two operators in two checkouts with one state", async () => {
        const first = begin("first again");
        await pause(1500);
        const second = await begin("second", other);
        expect((await first).exitCode).toBe(0);
        if (second.exitCode !== 0)
          expect(`${second.stdout}${second.stderr}`).toContain("Error acquiring the state lock");
        const again = await begin("second", other);
        expect(again.exitCode).toBe(0);
        expect(await on("worker2", greeting)).toBe("GREETING=second");
        await deploy(greeted("second"));
      });
      expect(load).toMatchObject({ failed: 0 });
      expect((await get(gatewayUrl)).status).toBe(200);
      expect(await nothingPlanned()).toBe("");
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });
});

const greeting = "tr '\\0' '\\n' </proc/$(systemctl show -P MainPID backend)/environ | grep GREETING";

function greeted(by: string): MeshDeclaration {
  const mesh = declaration();
  for (const service of Object.values(mesh.services!)) service.runsOn = ["worker1", "worker2"];
  mesh.services!.backend!.run.env = { GREETING: by };
  return mesh;
}

/** Begins a deploy of a mesh that differs from the other operator's. */
function begin(by: string, folder = ".") {
  const name = join("lab/.state/e2e", `${by.replace(" ", "-")}.ts`);
  const { file, command, env } = cdktfCommand(greeted(by), ["deploy", "cluster", "mesh", "--auto-approve"], name);
  return output(file, command, {}, { cwd: folder, env: { ...env, GATEHOUSE_MESH: resolve(name) } });
}

/** A checkout of its own, with the same lab and the same state. */
function secondCheckout(): string {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-checkout-"));
  const other = [".git", "cdktf.out", "coverage"];
  for (const name of readdirSync(".").filter((one) => !other.includes(one) && !one.includes(".tfstate"))) {
    // The programs find their project by where they are: they are copied, and what is large or the lab's is linked.
    if (["node_modules", "lab", "secrets"].includes(name)) symlinkSync(resolve(name), join(folder, name));
    else cpSync(name, join(folder, name), { recursive: true });
  }
  for (const stack of ["cluster", "mesh"]) symlinkSync(resolve(stateOf(stack)), join(folder, stateOf(stack)));
  mkdirSync(join(folder, "cdktf.out"));
  return folder;
}
