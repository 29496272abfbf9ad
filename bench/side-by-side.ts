/**
 * `npm run bench`: Gatehouse and its alternatives, on one lab, in turns. Makes docs/performance.md.
 *   npm run bench -- [--services 2,10,30] [--times 3] [--tools Gatehouse,playbook,limit] [--synth 10,100,1000,5000] [--plan 100,1000]
 * With fewer tools it measures and writes no page. The peers are not part of this project: GATEHOUSE_PEERS names their folder.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { part, run } from "../toolchain";
import { type Measured, page } from "./side-by-side/page";
import { type Peers, preparePeers } from "./side-by-side/peer";
import { plan, synth } from "./side-by-side/scale";
import { gatehouse, limit, playbook } from "./side-by-side/tool";
import { measure, type Timing } from "./side-by-side/work";

const PAGE = "docs/performance.md";
const TOOLS = "Gatehouse,playbook,limit";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      services: { type: "string", default: "2,10,30" },
      times: { type: "string", default: "3" },
      tools: { type: "string", default: TOOLS },
      synth: { type: "string", default: "10,100,1000,5000" },
      plan: { type: "string", default: "100,1000" },
    },
  });
  process.env.GATEHOUSE_PROVIDERS ??= "stand-ins"; // where the registry does not answer
  process.env.GATEHOUSE_LAB_PACKAGES = "python3"; // for the playbook's modules
  const times = Number(values.times);
  const peers = await preparePeers(resolve("lab/.state/bench"));
  const timings = await sideBySide(peers, values.tools.split(","), numbers(values.services), times);
  const synths = [];
  for (const services of numbers(values.synth)) synths.push(log(await synth(services)));
  const plans = [];
  for (const services of numbers(values.plan)) plans.push(log({ services, seconds: await plan(services) }));
  if (values.tools !== TOOLS) return;
  const measured: Measured = { versions: await versions(peers), times, timings, synths, plans };
  writeFileSync(PAGE, page(measured));
  console.log(`${PAGE} is written`);
}

async function sideBySide(peers: Peers, wanted: string[], sizes: number[], times: number): Promise<Timing[]> {
  const tools = [gatehouse, playbook(peers), limit(peers)].filter(({ name }) => wanted.includes(name));
  const timings: Timing[] = [];
  for (const services of sizes) {
    for (let turn = 0; turn < times; turn++) {
      // Another one begins each time, so that none always has the warmest machine.
      const first = turn % tools.length;
      for (const tool of [...tools.slice(first), ...tools.slice(0, first)]) {
        await measure(tool, services, peers, (timing) => timings.push(log(timing)));
      }
    }
  }
  return timings;
}

async function versions(peers: Peers): Promise<string[]> {
  const first = async (file: string, args: string[]) => (await run(file, args)).match(/^.*\d\.\d+\.\d.*$/m)?.[0].trim();
  const envoy = await run(await part("envoy"), ["--version"]);
  return [
    `${await first("terraform", ["version"])}, Node ${process.version}, ansible-core ${peers.ansible}`,
    `${await first(await part("consul"), ["version"])}, Envoy ${/\/(\d+\.\d+\.\d+)\//.exec(envoy)?.[1]}`,
    `${cpus().length} processors (${cpus()[0]?.model}), shared by the tool and its machines`,
  ];
}

function log<T extends object>(measured: T): T {
  console.log(JSON.stringify(measured));
  return measured;
}

const numbers = (list: string): number[] => list.split(",").filter(Boolean).map(Number);

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
