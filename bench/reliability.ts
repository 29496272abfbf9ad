/**
 * `npm run reliability`: makes docs/reliability.md from the end-to-end tests that send requests while something changes
 * or breaks. It needs the lab.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Row } from "../__tests__/e2e/record";
import { output } from "../tools/process";

const page = "docs/reliability.md";

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "reliability-"));
  const rows = join(folder, "rows");
  const jest = ["node_modules/jest/bin/jest.js", "--runInBand", "--selectProjects", "reliability"];
  const env = { ...process.env, GATEHOUSE_RELIABILITY: rows };
  const { exitCode } = await output(process.execPath, jest, { onLine: (line) => console.error(line) }, { env });
  const lines = existsSync(rows) ? readFileSync(rows, "utf8").trim().split("\n") : [];
  rmSync(folder, { recursive: true });
  if (exitCode !== 0) throw new Error(`not every test passed: ${page} stays as it was`);
  writeFileSync(page, render(lines.map((line) => JSON.parse(line) as Row)));
  console.log(`${page} has ${lines.length} rows`);
}

function render(rows: Row[]): string {
  const sections = [...new Set(rows.map(({ section }) => section))];
  const date = new Date().toISOString().slice(0, 10);
  return [
    "# Reliability",
    "",
    `Made by \`npm run reliability\` on ${date}, on the lab's machines. While a change, a fault or a repair goes on, 200`,
    "requests a second go through the gateway; every answer other than 200 counts as failed. Rows without requests are",
    "about deploys, not traffic. `seconds` is from the begin of the change until the mesh was as declared again, deploy",
    "included. `doctor` is what `npm run doctor` said afterwards.",
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
