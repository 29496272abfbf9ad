import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, TerraformStack } from "cdktf";
import { prepareUpload, privateKey } from "../../stacks/remote-run";
import { chooseProviders } from "../../terraform";
import { output } from "../../toolchain";

jest.setTimeout(120_000);

// No person's key: random bytes between the lines that a key has.
const body = ["b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW", "QyNTUxOQAAACAkLy/+3Q=="];
const key = `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.join("\n")}\n-----END OPENSSH PRIVATE KEY-----`;
const heredoc = `<<EOT\n${key}\nEOT`;

let above: string;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  env = (await chooseProviders(() => {})).env;
});

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), "gatehouse-key-"));
  folder = join(above, "config");
  mkdirSync(folder);
  const stack = new TerraformStack(new App({ outdir: join(folder, "out") }), "mesh");
  prepareUpload(stack, folder);
  const found = privateKey(stack, undefined, "destroy");
  writeFileSync(join(folder, "main.tf.json"), JSON.stringify({ output: { key: { value: found } } }));
});

afterEach(() => rmSync(above, { recursive: true }));

async function found(): Promise<string> {
  const run = (...args: string[]) => output("terraform", args, {}, { cwd: folder, env: { ...process.env, ...env } });
  const { exitCode, stderr } = await run("apply", "-auto-approve", "-input=false", "-no-color");
  return exitCode === 0 ? JSON.parse((await run("output", "-json", "key")).stdout) : stderr;
}

// As servers write a workspace's variables, and as a person may.
test.each([
  ["a quoted string", "terraform.tfvars", `other = "x"\nssh_private_key = ${JSON.stringify(key)}\n`],
  ["a quoted string with its last line break", "terraform.tfvars", `ssh_private_key = ${JSON.stringify(`${key}\n`)}`],
  ["a heredoc", "terraform.tfvars", `ssh_private_key = ${heredoc}\nother = "x"\n`],
  ["JSON", "run.auto.tfvars.json", JSON.stringify({ other: "x", ssh_private_key: key })],
  ["a file above the working folder", "../terraform.tfvars", `ssh_private_key = ${heredoc}\n`],
  [
    "another key before it",
    "terraform.tfvars",
    `old_ssh_private_key = "${"-----BEGIN A-----"}"\nssh_private_key = ${heredoc}\n`,
  ],
])("a destroy-time provisioner finds the key in the variables' file: %s", async (_, name, text) => {
  writeFileSync(join(folder, name), text);
  expect(await found()).toBe(key);
});

test("without such a file Terraform says that there is none, and prints no key", async () => {
  expect(await found()).toMatch(/regex/);
});
