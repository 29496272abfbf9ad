/** The docs tell of things that are there: links, npm scripts, files. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A piece of docs/performance.md, whose links count from there. */
const FINDINGS = "bench/side-by-side/findings.md";
const tracked = execFileSync("git", ["ls-files", "*.md"], { encoding: "utf8" }).split("\n");
const pages = tracked.filter((page) => page !== "" && page !== FINDINGS);
const textOf = (page: string) => readFileSync(page, "utf8");
const withoutCode = (text: string) => text.replace(/```[\s\S]*?```/g, "");

/** As GitHub makes them from a heading. */
const anchorsOf = (page: string) =>
  [...withoutCode(textOf(page)).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

function brokenLinks(page: string): string[] {
  const links = [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false; // outside
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : join(dirname(page), path);
    if (!existsSync(target)) return true;
    return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).includes(anchor);
  });
}

test.each(pages)("every link of %s leads somewhere", (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

test("the page of an unknown link is noticed", () => {
  expect(anchorsOf("README.md")).toContain("deploy-to-your-own-nodes");
  expect(anchorsOf("README.md")).not.toContain("no-such-heading");
});

/** The changelog names files and commands of earlier versions. */
const present = pages.filter((page) => page !== "CHANGELOG.md" && !page.startsWith("docs/decisions/"));

test.each(present)("every npm script of %s is there", (page) => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  const named = [...textOf(page).matchAll(/npm run (?:-s |--silent )?([a-z][a-z:-]*)/g)].map(([, name = ""]) => name);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

describe("the first tasks", () => {
  const tasks = textOf("docs/first-tasks.md").split(/^## /m).slice(1);
  const named = (text: string) => [...text.matchAll(/`([\w.-]+(?:\/[\w.-]*)+)`/g)].map(([, path = ""]) => path);

  test("are ten", () => {
    expect(tasks).toHaveLength(10);
  });

  test.each(tasks.map((task) => [task.split("\n")[0], task]))(
    "%s names files that are there, three at most",
    (_, task) => {
      const files = task.split("\n").filter((line) => line.startsWith("* "));
      expect(files.length).toBeLessThanOrEqual(3);
      expect(named(task).filter((path) => !existsSync(path))).toEqual([]);
    },
  );
});
