/** A program knocks all the time at every door that no declaration opens, while the mesh is changed, removed and made again. */
import { checkMesh, type MeshDeclaration, nodeFiles } from "../../../model";
import { withLeafOf } from "../support/knock";
import {
  cdktf,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  getUntil,
  on,
  twoPairs,
} from "../support/mesh";

jest.setTimeout(600_000);

/** Another pair in addition. */
const grown = () => twoPairs("front.test");

/** The other way round: frontend calls stock, and shop calls the backend. */
function crossed(): MeshDeclaration {
  const mesh = grown();
  mesh.services!.frontend!.upstreams = { stock: { localPort: 5000 } };
  mesh.services!.shop!.upstreams = { backend: { localPort: 5001 } };
  return mesh;
}

/** Doors of a mesh: where the sidecars listen. */
function doors(mesh: MeshDeclaration): Record<string, string> {
  const result = checkMesh(mesh, nodeFiles());
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  const sidecars = result.mesh.instances.filter(({ sidecarPort }) => sidecarPort);
  return Object.fromEntries(
    sidecars.map(({ workload, node, sidecarPort }) => [workload.name, `${node.address}:${sidecarPort}`]),
  );
}

/** Who knocks from where, and at which doors: none of these edges is in any of the declarations. */
const knockers = [
  ["worker2", "backend", ["frontend", "shop", "stock"]],
  ["gateway1", "ingress-gateway", ["backend", "stock"]],
] as const;

/** Takes the caller's certificate once, and knocks with it, several times a second, until it is stopped. */
async function beginToKnock(machine: string, caller: string, at: string[]): Promise<void> {
  const take = withLeafOf(caller, "--version >/dev/null");
  await on(
    machine,
    `mkdir -m 700 -p /run/knock; cd /run/knock; ${take}
jq -r .CertPEM <<<"$leaf" >cert; jq -r .PrivateKeyPEM <<<"$leaf" >key
cat >knock.sh <<'SH'
while :; do
  for door in "$@"; do
    printf '%s %s\\n' "$door" "$(curl -sk -o /dev/null -m 2 -w '%{http_code}' --cert cert --key key "https://$door/")"
  done >>answers
  sleep 0.05
done
SH
systemd-run --quiet --unit knock --working-directory /run/knock bash knock.sh ${at.join(" ")}`,
  );
}

/** How often each answer came, by door: `10.77.0.12:21048 403` and so on. */
async function answers(machine: string): Promise<Record<string, number>> {
  const lines = await on(machine, "cut -d ' ' -f 2 /run/knock/answers | sort | uniq -c");
  return Object.fromEntries(
    lines.split("\n").map((line) => {
      const [count, code] = line.trim().split(" ");
      return [code, Number(count)];
    }),
  );
}

describeOnLab("an undeclared edge", () => {
  test("is open at no moment: not in a change, a removal, a destroy, nor in a first deploy", async () => {
    await freshLab();
    await deploy(grown());
    const at = doors(grown());
    for (const [machine, caller, called] of knockers) {
      await beginToKnock(
        machine,
        caller,
        called.map((name) => at[name] ?? name),
      );
    }
    const seen = async () => Promise.all(knockers.map(([machine]) => answers(machine)));
    await deploy(crossed());
    await deploy(declaration());
    await deploy(grown());
    const before = await seen();
    const { exitCode, text } = await cdktf(grown(), "destroy", "mesh", "--auto-approve");
    expect(`${text.slice(-1500)}${exitCode}`).toMatch(/Destroy complete!.*0$/s);
    await deploy(grown());
    expect((await getUntil(200, gatewayUrl, ["Host: shop.test"])).status).toBe(200);
    const after = await seen();
    for (const [machine] of knockers) await on(machine, "systemctl stop knock; rm -rf /run/knock");
    // 403: refused by the sidecar. 000: no process is there, or the sidecar knows nothing yet.
    for (const codes of after) expect(Object.keys(codes).filter((code) => !["403", "000"].includes(code))).toEqual([]);
    for (const codes of before) expect(codes["403"]).toBeGreaterThan(100);
    for (const [index, codes] of after.entries()) expect(codes["403"]).toBeGreaterThan(before[index]?.["403"] ?? 0);
  });
});
