/**
 * `npm run reliability`: makes docs/reliability.md from the end-to-end tests that send requests while something changes
 * or breaks. It needs the lab. `npm run reliability -- rollout changes` runs these files of the tests alone; the page is
 * made when every file has passed, each with the rows of its last good run. Some files are there because they are long, and have no rows.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Row } from "../__tests__/e2e/support/record";
import { output } from "../toolchain";

const page = "docs/reliability.md";
const tests = "__tests__/e2e/reliability";
/** Rows of each file's last good run. */
const kept = "lab/.state/reliability";

async function main(): Promise<void> {
  const all = readdirSync(tests).map((file) => basename(file, ".test.ts"));
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => !all.includes(name));
  if (unknown) throw new Error(`${tests} has no ${unknown}; there are: ${all.join(", ")}`);
  mkdirSync(kept, { recursive: true });
  for (const name of asked.length > 0 ? asked : all) rmSync(rowsOf(name), { force: true });
  for (const name of asked.length > 0 ? asked : all) await run(name);
  const missing = all.filter((name) => !existsSync(rowsOf(name)));
  if (missing.length > 0) throw new Error(`not passed: ${missing.join(", ")}. ${page} stays as it was`);
  const lines = all.flatMap((name) => readFileSync(rowsOf(name), "utf8").split("\n"));
  const rows = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Row);
  // There is nothing to ask while what was made by hand is not this mesh's.
  const unclean = rows
    .filter(({ doctor }) => doctor !== "clean" && doctor !== "not asked")
    .map(({ change, doctor }) => `${change}: ${doctor}`);
  if (unclean.length > 0) throw new Error(`${page} stays as it was; the doctor after\n${unclean.join("\n")}`);
  writeFileSync(page, render(rows));
  console.log(`${page} has ${rows.length} rows`);
}

const rowsOf = (name: string): string => join(kept, `${name}.jsonl`);

/** Runs one file of the tests, and keeps its rows when all of them pass. */
async function run(name: string): Promise<void> {
  const rows = `${rowsOf(name)}.part`;
  writeFileSync(rows, "");
  const jest = [
    "node_modules/jest/bin/jest.js",
    "--runInBand",
    "--selectProjects",
    "reliability",
    "--testPathPattern",
    `/${name}.test`,
  ];
  const env = { ...process.env, GATEHOUSE_RELIABILITY: rows };
  const { exitCode } = await output(process.execPath, jest, { onLine: (line) => console.error(line) }, { env });
  if (exitCode === 0) renameSync(rows, rowsOf(name));
}

function render(rows: Row[]): string {
  const sections = [...new Set(rows.map(({ section }) => section))];
  const date = new Date().toISOString().slice(0, 10);
  return [
    "# Reliability",
    "",
    `Made by \`npm run reliability\` on ${date}, on the lab's machines, from the last good run of each file of the tests.`,
    "While a change, a fault or a repair goes on, 200 requests a second go through the gateway, or 100 where the row names a",
    "program (Node.js, Java, WSGI, nginx, PostgreSQL, a queue worker); every answer other than 200 counts as failed. Rows",
    "without requests are about deploys, not traffic. `seconds` is from the begin of the change until the mesh was as declared",
    "again, deploys included. `doctor` is what `npm run doctor` said afterwards.",
    ...sections.flatMap((section) => [
      "",
      `## ${section}`,
      "",
      "| change | requests | failed | seconds | doctor |",
      "|---|--:|--:|--:|---|",
      ...rows.filter((row) => row.section === section).map(renderRow),
    ]),
    "",
  ].join("\n");
}

function renderRow({ change, sent, failed, seconds, doctor }: Row): string {
  return `| ${change} | ${sent} | ${failed} | ${seconds.toFixed(1)} | ${doctor ?? ""} |`;
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
