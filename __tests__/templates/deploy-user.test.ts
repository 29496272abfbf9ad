/** The shell that makes the user who deploys, run here in a folder instead of /, with the programs that only root may run replaced. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const mode = (...names: string[]) => (statSync(at(...names)).mode & 0o777).toString(8);
const text = (...names: string[]) => readFileSync(at(...names), "utf8");
const here = (program: string) =>
  program.replace(/(?<![\w.])\/(usr\/local\/sbin|etc\/sudoers\.d|run|var\/log)\b/g, `${folder}/$1`);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-user-"));
  for (const name of ["bin", "home/deploy", "usr/local/sbin", "etc/sudoers.d", "run", "var/log", "tmp"]) {
    mkdirSync(at(name), { recursive: true });
  }
  for (const name of ["sudo", "visudo"]) put(name, "exit 0");
  put("id", `echo ${process.getuid?.()}`);
  put("getent", `[ ! -e ${at("nobody")} ] || exit 2\necho "deploy:x:1000:1000::${at("home/deploy")}:/bin/sh"`);
  put("useradd", `rm ${at("nobody")}; mkdir -m 755 ${at("home/deploy")}`);
  put("setpriv", `while [ "$1" != -- ]; do shift; done; shift; touch ${at("as-user")}; exec "$@"`);
  put("logger", `echo "$@" >>${at("journal")}`);
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A program that is found instead of the node's own. */
function put(name: string, program: string): void {
  writeFileSync(at("bin", name), `#!/bin/sh\n${program}\n`);
  chmodSync(at("bin", name), 0o755);
}

function run(program: string, args: string[], input = "") {
  const env = { ...process.env, PATH: `${at("bin")}:${process.env.PATH}`, TMPDIR: at("tmp"), SUDO_USER: "deploy" };
  const { status, stdout, stderr } = spawnSync("bash", ["-c", here(program), "bash", ...args], {
    input,
    env,
    encoding: "utf8",
  });
  return { status, text: stdout + stderr };
}

const deployUser = (...args: string[]) => run(readFileSync("templates/shell/deploy-user.sh", "utf8"), args);

test("a new user gets a home folder of their own, a key and the right to one program", () => {
  rmSync(at("home/deploy"), { recursive: true });
  writeFileSync(at("nobody"), "");
  for (const _ of ["once", "and again"]) {
    expect(deployUser("deploy", "ssh-ed25519 AAAA me")).toEqual({ status: 0, text: "" });
    expect(mode("home/deploy")).toBe("700");
    expect(text("home/deploy/.ssh/authorized_keys")).toBe("ssh-ed25519 AAAA me\n");
    expect([mode("home/deploy/.ssh"), mode("home/deploy/.ssh/authorized_keys")]).toEqual(["700", "600"]);
    expect(text("etc/sudoers.d/gatehouse")).toContain("deploy ALL=(root) NOPASSWD: ");
  }
});

describe("a user who exists already", () => {
  test("keeps an open home folder as it is, and is told how to close it", () => {
    chmodSync(at("home/deploy"), 0o755);
    const result = deployUser("deploy", "ssh-ed25519 AAAA me");
    expect(result).toMatchObject({ status: 1, text: expect.stringContaining(`chmod 700 ${at("home/deploy")}`) });
    expect(mode("home/deploy")).toBe("755");
    expect(existsSync(at("etc/sudoers.d/gatehouse"))).toBe(false);
  });

  test("has it closed on demand, as cloud-init demands it", () => {
    chmodSync(at("home/deploy"), 0o755);
    expect(deployUser("--close-home", "deploy")).toEqual({ status: 0, text: "" });
    expect(mode("home/deploy")).toBe("700");
  });

  test.each([
    ["belongs to another", () => put("id", "echo 4711")],
    ["is a link", () => linkHome()],
  ])("whose home folder %s is refused", (_, prepare) => {
    chmodSync(at("home/deploy"), 0o755);
    prepare();
    expect(deployUser("--close-home", "deploy")).toMatchObject({
      status: 1,
      text: expect.stringContaining("is not a folder that belongs to deploy"),
    });
    expect(mode("home/deploy")).toBe("755");
  });

  function linkHome(): void {
    rmSync(at("home/deploy"), { recursive: true });
    mkdirSync(at("system"), { mode: 0o755 });
    symlinkSync(at("system"), at("home/deploy"));
  }

  test("is the one who writes the key, so that a link leads to nothing of root's", () => {
    chmodSync(at("home/deploy"), 0o700);
    // Root would follow the link; the user may not.
    put("setpriv", `echo "not for you" >&2; exit 1`);
    mkdirSync(at("of-root"), { mode: 0o755 });
    symlinkSync(at("of-root"), at("home/deploy/.ssh"));
    expect(deployUser("deploy", "ssh-ed25519 AAAA me")).toMatchObject({ status: 1 });
    expect(existsSync(at("of-root/authorized_keys"))).toBe(false);
    expect(mode("of-root")).toBe("755");
  });
});

describe("the program that runs as root", () => {
  const gatehouseRoot = () => {
    chmodSync(at("home/deploy"), 0o700);
    deployUser("deploy");
    return text("usr/local/sbin/gatehouse-root");
  };
  const record = /deploy runs the program [0-9a-f]{64}\n$/;

  test("is noted in the journal before it begins", () => {
    expect(run(gatehouseRoot(), [], `cat ${at("journal")}`)).toEqual({
      status: 0,
      text: expect.stringMatching(record),
    });
    expect(existsSync(at("var/log/gatehouse-root.log"))).toBe(false);
  });

  test("is noted in a file where the journal is away", () => {
    put("logger", "exit 1");
    expect(run(gatehouseRoot(), [], "echo runs")).toEqual({ status: 0, text: "runs\n" });
    expect(text("var/log/gatehouse-root.log")).toMatch(record);
    expect(mode("var/log/gatehouse-root.log")).toBe("600");
  });

  test("does not begin where it can be noted nowhere", () => {
    put("logger", "exit 1");
    const program = gatehouseRoot();
    rmSync(at("var/log"), { recursive: true });
    const result = run(program, [], "echo runs");
    expect(result).toMatchObject({ status: 1, text: expect.stringContaining("it did not begin") });
    expect(result.text).not.toContain("runs\n");
  });
});
