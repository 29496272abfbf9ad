import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { confirmed, expectedFrom } from "../../trust/answers";
import { fileFor, fingerprint, type Host, hostsOf, judge, keysIn } from "../../trust/judge";
import { fullDeclaration, publicKey } from "../support/shop";

const ed25519 = publicKey();
const other = publicKey("ssh-ed25519", Buffer.alloc(32, 8));
const ecdsa = publicKey("ecdsa-sha2-nistp256", Buffer.from("nistp256"), Buffer.alloc(65, 4));
const host = (hostKey: string): Host => ({
  name: "worker1",
  address: "10.77.0.12",
  port: 22,
  field: "nodes.worker1.hostKey",
  hostKey,
  hidden: false,
});
const missing = "no file known-hosts/shop/worker1.pub yet";

describe("a node's key", () => {
  test.each([
    ["is known when it is the declared one", `${ed25519} root@worker1`, [ed25519], "known", ed25519],
    ["is new when the declaration's file is not there", missing, [ed25519], "new", ed25519],
    ["is new when nothing sensible is declared", "ssh-ed25519 AAAA...", [ed25519], "new", ed25519],
    ["has changed when it is another one", ed25519, [other], "changed", other],
    ["has changed when the declared one is not shown at all", ed25519, [ecdsa], "changed", ecdsa],
    ["is the one that Terraform asks for first", missing, [ed25519, ecdsa], "new", ecdsa],
    ["is new when the declared one is there and not asked for", ed25519, [ed25519, ecdsa], "new", ecdsa],
  ])("%s", (_what, declared, keys, state, shown) => {
    expect(judge(host(declared), keys)).toMatchObject({ state, shown });
  });

  test("that is not shown is not guessed", () => {
    expect(judge(host(missing), [], "Connection refused")).toMatchObject({
      state: "silent",
      why: "Connection refused",
    });
  });

  test("goes into the file that the declaration reads, or else into known-hosts", () => {
    expect(fileFor("shop", host("no file keys/w1.pub yet"))).toBe("keys/w1.pub");
    expect(fileFor("shop", host(ed25519))).toBe("known-hosts/shop/worker1.pub");
  });
});

test("the keys of a scan are read without hosts, comments and what is no key", () => {
  const scan = `# 10.77.0.12:22 SSH-2.0-OpenSSH_9.2p1\n10.77.0.12 ${ed25519}\n[10.77.0.12]:2222 ${ecdsa}\n10.77.0.12 ssh-dss AAAA\n`;
  expect(keysIn(scan)).toEqual([ed25519, ecdsa]);
});

test("a fingerprint is what ssh-keygen says", () => {
  const folder = mkdtempSync(join(tmpdir(), "trust-"));
  try {
    const file = join(folder, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
    const [, print] = execFileSync("ssh-keygen", ["-lf", `${file}.pub`], { encoding: "utf8" }).split(" ");
    expect(fingerprint(readFileSync(`${file}.pub`, "utf8"))).toBe(print);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("every host is asked, the bastion first; what is behind it cannot be asked from here", () => {
  const mesh = fullDeclaration();
  mesh.ssh.bastion = { host: "192.0.2.1", hostKey: ed25519 };
  mesh.nodes.worker1!.ssh = { port: 2222 };
  expect(hostsOf(mesh).map(({ name, port, hidden, field }) => `${name} ${port} ${hidden} ${field}`)).toEqual([
    "bastion 22 false ssh.bastion.hostKey",
    "server1 22 true nodes.server1.hostKey",
    "gateway1 22 true nodes.gateway1.hostKey",
    "worker1 2222 true nodes.worker1.hostKey",
    "worker2 22 true nodes.worker2.hostKey",
  ]);
});

describe("without a terminal", () => {
  const hosts = [host(missing)];
  const expected = (...args: string[]) => expectedFrom(args, hosts);
  const [right, wrong] = [fingerprint(ed25519), fingerprint(other)];

  test("a key is believed when its fingerprint was given, and not otherwise", async () => {
    expect(await confirmed(host(missing), "new", ed25519, expected(`worker1=${right}`))).toBe(true);
    expect(await confirmed(host(missing), "new", ed25519, expected(`worker1=${wrong}`))).toBe(`it was to be ${wrong}`);
    expect(await confirmed(host(missing), "new", ed25519, expected())).toMatch(/no terminal.*worker1=SHA256/);
  });

  test("a changed key is not believed by a fingerprint that was given for a new one", async () => {
    expect(await confirmed(host(other), "changed", ed25519, expected(`worker1=${right}`))).toMatch(
      /--changed worker1=/,
    );
    expect(await confirmed(host(other), "changed", ed25519, expected("--changed", `worker1=${right}`))).toBe(true);
    expect(await confirmed(host(missing), "new", ed25519, expected("--changed", `worker1=${right}`))).toMatch(
      /no terminal/,
    );
  });

  test.each([
    ["worker1", /is not NAME=SHA256/],
    ["worker1=SHA256:short", /is not NAME=SHA256/],
    [`worker9=${right}`, /no host "worker9"; there are worker1/],
    ["--yes", /is not NAME=SHA256/],
  ])("the argument %s is refused", (arg, why) => {
    expect(() => expected(arg)).toThrow(why);
  });
});
