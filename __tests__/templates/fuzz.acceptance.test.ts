/**
 * Random text in a declaration, held against the parsers that read it: Consul's, systemd's and Terraform's own. Text is refused, or it
 * comes out as it went in. The same seed gives the same text: `FUZZ_SEED=…` repeats a run.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { checkMesh, type Files, UNKNOWN_SHA256 } from "../../model";
import { terraformLiteral } from "../../stacks";
import { instanceRelease } from "../../templates";
import { output, part, which } from "../../toolchain";
import { startConsul } from "../support/consul-agent";
import { nasty } from "../support/nasty";
import { content, instanceOf, mesh, service } from "../support/parts";
import { cases } from "../support/random";
import { declaration } from "../support/shop";

jest.setTimeout(300_000);

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

/** Text that a parser could trip over: of the four languages, and of Unicode. */
const trouble = [
  ...nasty,
  ...["\t", "\n", "\r", "\0", "\u001b[31m", "\u007f", "\u0085", "\u2028", "\u202e"],
  ...["\ufeff", "\ufffe", "\ue123", "\ud800", "e\u0301", "\u{1f600}\u200d", "\u00a0"],
  ...[
    "<<EOF",
    "/*",
    "//",
    "*/",
    "{{ x }}",
    "{% if %}",
    "%%",
    "$$",
    "\\x41",
    "\\u0041",
    "\\",
    "'\"'",
    "!!",
    "&a",
    "*a",
    "- ",
    ": ",
  ],
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...trouble), fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" })), {
    ...{ minLength: 1, maxLength: 8 },
  })
  .map((parts) => parts.join("").slice(0, 120));

/** Each of the troubles by itself, and random mixtures. */
const samples = [...trouble, ...fc.sample(text, { seed, numRuns: cases(200) })];

const files: Files = {
  look: () => "executable",
  absolute: (path) => `/project/${path}`,
  text: () => "",
  sha256: () => UNKNOWN_SHA256,
  pack: () => ({ sha256: UNKNOWN_SHA256, files: 0, bytes: 0 }),
};

/** Whether a declaration may have it as an argument, the value of a variable, a label and a tag. */
function isAccepted(value: string): boolean {
  const changed = declaration();
  const { frontend } = changed.services!;
  frontend!.run.args = [value];
  frontend!.run.env = { VALUE: value };
  frontend!.meta = { value };
  frontend!.tags = [value];
  const checked = checkMesh(changed, files);
  if (!("problems" in checked)) return true;
  // Refused for what it is, each at its place.
  for (const { path } of checked.problems) expect(path).toMatch(/^services\.frontend\.(run\.(args|env)|meta|tags)/);
  return false;
}

const accepted = samples.filter(isAccepted);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fuzz-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`some text is refused and most is not (seed ${seed})`, () => {
  expect(accepted.length).toBeGreaterThan(nasty.length / 2);
  for (const never of ["\n", "\0", "\ufffe", "\ud800", "e\u0301", "\ufeff"]) expect(accepted).not.toContain(never);
});

test(`Consul gives labels and tags back as they were declared (seed ${seed})`, async () => {
  const binary = await part("consul");
  const definitions = accepted.map((value, at) => {
    const one = service({
      name: `s${at}`,
      meta: { value },
      tags: [value],
      health: { tcp: true, interval: "1h", timeout: "1s" },
    });
    const file = join(folder, `s${at}.hcl`);
    writeFileSync(file, content(instanceRelease(mesh(), instanceOf(one)).files, `/etc/consul.d/s${at}.hcl`));
    return file;
  });
  const agent = await startConsul(binary);
  try {
    const CONSUL_HTTP_ADDR = agent.address;
    const run = await output(
      binary,
      ["services", "register", ...definitions],
      {},
      { env: { ...process.env, CONSUL_HTTP_ADDR } },
    );
    expect([run.exitCode, run.stderr]).toEqual([0, ""]);
    const services = (await (await fetch(`http://${agent.address}/v1/agent/services`)).json()) as Record<
      string,
      { Meta: Record<string, string>; Tags: string[] }
    >;
    const back = accepted.map((_, at) => [services[`s${at}`]?.Meta.value, services[`s${at}`]?.Tags]);
    expect(back).toEqual(accepted.map((value) => [value, [value]]));
  } finally {
    await agent.stop();
  }
});

test(`Terraform gives text back as it was declared (seed ${seed})`, async () => {
  const terraform = await part("terraform");
  const stack = join(folder, "terraform");
  mkdirSync(stack);
  const outputs = Object.fromEntries(accepted.map((value, at) => [`o${at}`, { value: terraformLiteral(value) }]));
  writeFileSync(join(stack, "cdk.tf.json"), JSON.stringify({ output: outputs }));
  const env = { ...process.env, CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: undefined };
  for (const words of [["init"], ["apply", "-auto-approve"]]) {
    const run = await output(terraform, [`-chdir=${stack}`, ...words, "-no-color"], {}, { env });
    expect([words[0], run.exitCode, run.stderr]).toEqual([words[0], 0, ""]);
  }
  const { stdout } = await output(terraform, [`-chdir=${stack}`, "output", "-json"], {}, { env });
  const back = JSON.parse(stdout) as Record<string, { value: string }>;
  expect(accepted.map((_, at) => back[`o${at}`]?.value)).toEqual(accepted);
});

test(`systemd reads every unit without a word (seed ${seed})`, () => {
  if (!which("systemd-analyze")) return console.warn("SKIPPED, since systemd-analyze is not installed");
  const units = accepted.map((value, at) => {
    const { files: rendered } = instanceRelease(mesh(), instanceOf(service({ name: `s${at}`, args: [value, "last"] })));
    const unit = join(folder, `s${at}.service`);
    // Verifying asks whether the program exists: on this machine it need not.
    writeFileSync(
      unit,
      content(rendered, `/etc/systemd/system/s${at}.service`).replace(/^(ExecStart)=\S+/m, "$1=/bin/true"),
    );
    return unit;
  });
  const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...units], { encoding: "utf8" });
  const ours = stderr.split("\n").filter((line) => /\bs\d+\.service/.test(line));
  expect(ours).toEqual([]);
});
