import { readFileSync } from "node:fs";
import { parserOf } from "../../commands/gatehouse";
import { VERBS } from "../../commands/verbs";

/** The verb that a command line starts and what is handed to it, or the words that refuse it. */
async function parsed(...args: string[]): Promise<[name: string, own: string[]] | string> {
  let started: [string, string[]] | undefined;
  try {
    await parserOf(args, async (name, { own }) => {
      started = [name, own];
    }).parseAsync();
  } catch (error) {
    return (error as Error).message;
  }
  return started ?? "nothing was started";
}

test("a verb is started with what stands behind it", async () => {
  expect(await parsed("doctor", "--json")).toEqual(["doctor", ["--json"]]);
  expect(await parsed("rotate", "frontend", "backend")).toEqual(["rotate", ["frontend", "backend"]]);
});

test("options of Terraform are handed on as they were written", async () => {
  const own = ["--auto-approve", "-replace=null_resource.program_worker1", "-lock-timeout=5m"];
  expect(await parsed("deploy", ...own)).toEqual(["deploy", own]);
});

test("words for the lab's nodes are handed on as they were written", async () => {
  expect(await parsed("lab", "ssh", "worker1", "ls", "-la")).toEqual(["lab", ["ssh", "worker1", "ls", "-la"]]);
});

test.each([
  [["docter"], /Did you mean doctor\?/],
  [["doctor", "--jsn"], /Unknown argument: jsn\nTry: gatehouse --help, or gatehouse doctor --help/],
  [["preflight", "worker1"], /Unknown command: worker1/],
  [[], /Which verb\?/],
])("%j is refused with what to do", async (args, why) => {
  expect(await parsed(...args)).toMatch(why);
});

test.each(Object.entries(VERBS))("%s has a function, an example and a line in docs/commands.md", (name, verb) => {
  expect(verb.load().run).toBeInstanceOf(Function);
  expect(verb.examples.length).toBeGreaterThan(0);
  for (const [command] of verb.examples) expect(command).toContain(`gatehouse ${name}`);
  expect(readFileSync("docs/commands.md", "utf8")).toContain(`| \`${name}\` |`);
});
