/** Shared by the tests of taking over: a mesh made by hand becomes one that is declared. */
import { mkdirSync, writeFileSync } from "node:fs";
import type { MeshDeclaration } from "../../../model";
import { FOREIGN, HAND_GATEWAY } from "./by-hand";
import { type Load, underLoad } from "./load";
import { cdktf, on, type Run } from "./mesh";

const scratch = "lab/.state/e2e";

/** A program that runs and does nothing. */
function hangs(): string {
  mkdirSync(scratch, { recursive: true });
  writeFileSync(`${scratch}/hangs`, "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
  return `${scratch}/hangs`;
}

/** Each way in which a release of the rollout tests does not work. */
export const brokenWays: [string, (service: NonNullable<MeshDeclaration["services"]>[string]) => void][] = [
  ["exits", ({ run }) => Object.assign(run, { args: ["no-such-command"] })],
  ["answers with an error", (service) => Object.assign(service, { health: { http: "/?status=500", interval: "1s" } })],
  ["listens elsewhere", ({ run }) => Object.assign(run, { args: run.args!.map((arg) => arg.replace("9002", "9999")) })],
  ["hangs", ({ run }) => Object.assign(run, { binary: hangs() })],
];

/** Applies it, however that ends. There is no cluster stack: Consul was there before. */
export const apply = (mesh: MeshDeclaration): Promise<Run> => cdktf(mesh, "deploy", "mesh", "--auto-approve");

/** Deploys and expects it to go well. */
export async function deployMesh(mesh: MeshDeclaration): Promise<Run> {
  const run = await apply(mesh);
  if (run.exitCode !== 0) throw new Error(`the deploy failed:\n${run.text.slice(-6000)}`);
  return run;
}

/** Config entries made by hand that the declaration writes too. */
const entries = ["ingress-gateway/ingress-gateway", "service-intentions/frontend", "service-intentions/backend"];

/** The mesh, with what was made by hand named to be taken over. */
export function takingOver(mesh: MeshDeclaration, ...services: string[]): MeshDeclaration {
  return {
    ...structuredClone(mesh),
    takeOver: { services, gateways: ["ingress-gateway"], configEntries: entries },
  };
}

/** Requests to the declared services by the gateway made by hand, and to the foreign one, while something changes. */
export async function underBothLoads<T>(
  change: () => Promise<T>,
  gateway = HAND_GATEWAY,
): Promise<{ load: Load; foreign: Load; result: T }> {
  const options = { qps: 50 };
  const { load: foreign, result } = await underLoad(FOREIGN, () => underLoad(gateway, change, options), options);
  return { load: result.load, foreign, result: result.result };
}

/** Units, their processes and files, definitions and registrations of a node, but for Gatehouse's own and times. */
export async function madeOn(node: string, asOperator: (command: string) => string): Promise<string> {
  const units = "ls /etc/systemd/system/*.service | xargs -n 1 basename | grep -vE '^gatehouse-|@'";
  const show = "systemctl show -p Id,ActiveState,UnitFileState,FragmentPath";
  const registered =
    'curl -s -H "X-Consul-Token: $CONSUL_HTTP_TOKEN" http://127.0.0.1:8500/v1/agent/services | jq -S "map_values({Service,Kind,Port,Proxy:.Proxy.DestinationServiceID})"';
  return on(
    node,
    asOperator(
      `set -e; ${show} $(${units}); sha256sum /etc/systemd/system/*.service /etc/consul.d/*.hcl | grep -v gatehouse-; ls -A /etc/consul.d | grep -v gatehouse-; ${registered}`,
    ),
  );
}
