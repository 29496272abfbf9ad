/** The shell that receives gatehouse-node, run here in a folder instead of /opt/gatehouse. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeProgram, recordConf } from "../../templates/program";

let folder: string;
const digest = (text: string) => createHash("sha256").update(text).digest("hex");
const owner = { mesh: "shop", node: "worker1" };
const at = (...names: string[]) => join(folder, ...names);

/** A program that does what gatehouse-node is asked for. */
const program = (text: string) => `#!/bin/sh\ncat >/dev/null\n${text}\n`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-run-"));
  for (const name of ["bin", "home", "opt"]) mkdirSync(at(name));
  put("bin/id", "#!/bin/sh\necho 0\n");
  put("bin/getent", `#!/bin/sh\necho "root:x:0:0::${at("home")}:/bin/sh"\n`);
});

afterEach(() => rmSync(folder, { recursive: true }));

function put(name: string, text: string): void {
  writeFileSync(at(name), text);
  chmodSync(at(name), 0o755);
}

/** Runs a shell program as root of a node whose /opt is in the folder. */
function run(text: string, umask = "022") {
  writeFileSync(at("run.sh"), text.replaceAll("/opt/gatehouse", at("opt", "gatehouse")));
  const env = { ...process.env, PATH: `${at("bin")}:${process.env.PATH}`, SUDO_USER: "" };
  const { status, stdout, stderr } = spawnSync("sh", ["-c", `umask ${umask}; exec sh ${at("run.sh")}`], {
    encoding: "utf8",
    env,
  });
  return { status, text: stdout + stderr };
}

function receive(uploaded: string, expected = uploaded, umask?: string) {
  put("home/uploaded", uploaded);
  return run(nodeProgram("owner", owner, { name: "uploaded", sha256: digest(expected) }), umask);
}

const installed = () => at("opt", "gatehouse", "bin", "shop", "gatehouse-node");
const link = () => at("opt", "gatehouse", "bin", "gatehouse-node");

test("an uploaded program is checked, asked, and put in place", () => {
  expect(receive(program("exit 0"))).toEqual({ status: 0, text: "" });
  expect(readFileSync(installed(), "utf8")).toBe(program("exit 0"));
  expect(readdirSync(at("opt", "gatehouse", "bin"))).toEqual(["gatehouse-node", "shop"]);
  expect(readlinkSync(link())).toBe("shop/gatehouse-node");
  expect(readdirSync(at("home"))).toEqual([]);
});

test.each([
  ["did not arrive whole", program("exit 0"), program("exit 1"), "did not arrive whole"],
  ["refuses the node", program("exit 1"), undefined, "was not installed; nothing was changed"],
])("a program that %s leaves the one before in place", (_, uploaded, expected, message) => {
  receive(program("exit 0 # before"));
  const { status, text } = receive(uploaded, expected);
  expect(status).toBe(1);
  expect(text).toContain(message);
  expect(readFileSync(installed(), "utf8")).toBe(program("exit 0 # before"));
  expect(readdirSync(at("opt", "gatehouse", "bin"))).toEqual(["gatehouse-node", "shop"]);
  expect(readlinkSync(link())).toBe("shop/gatehouse-node");
});

test("every user may run the program, whatever root's umask is", () => {
  expect(receive(program("exit 0"), undefined, "077").status).toBe(0);
  for (const path of [at("opt", "gatehouse"), at("opt", "gatehouse", "bin"), installed()]) {
    expect(statSync(path).mode & 0o777).toBe(0o755);
  }
});

test("two runs at the same time do not install each other's half", () => {
  // The other run begins while this one asks its program.
  const other = program("exit 0 # of the other run");
  put("home/other", other);
  const text = nodeProgram("owner", owner, { name: "other", sha256: digest(other) });
  writeFileSync(at("other.sh"), text.replaceAll("/opt/gatehouse", at("opt", "gatehouse")));
  const mine = program(`sh ${at("other.sh")} && echo the other run is done`);
  expect(receive(mine)).toEqual({ status: 0, text: "the other run is done\n" });
  expect(readFileSync(installed(), "utf8")).toBe(mine);
});

describe("the record of a resource whose program came to its end", () => {
  /** As Terraform joins what is synthesized. */
  const created = (text: string) => text.replace("\n", `\n${recordConf("sweep_worker1", "4711")}\n`);
  const sweep = created(nodeProgram("sweep", { ...owner } as never));
  /** Says what it is asked for; a sweep ends as it is told. */
  const asked = (exit: number) => program(`echo "asked for $*"; [ "$1" != sweep ] || exit ${exit}`);

  test("is made by gatehouse-node, after what it was asked for", () => {
    receive(asked(0));
    expect(run(sweep)).toEqual({ status: 0, text: "asked for sweep\nasked for ran shop sweep_worker1 4711\n" });
  });

  test("is not made when that failed, nor for a program that belongs to no creation", () => {
    receive(asked(1));
    expect(run(sweep)).toEqual({ status: 1, text: "asked for sweep\n" });
    expect(run(nodeProgram("probe", { ...owner } as never)).text).toBe("asked for probe\n");
  });

  test("is made by the program that was just uploaded, when it is in place", () => {
    const uploaded = asked(0);
    put("home/uploaded", uploaded);
    const text = created(nodeProgram("owner", owner, { name: "uploaded", sha256: digest(uploaded) }));
    expect(run(text)).toEqual({ status: 0, text: "asked for owner\nasked for ran shop sweep_worker1 4711\n" });
  });

  test("fails the resource when it cannot be made", () => {
    receive(program('[ "$1" != ran ]'));
    expect(run(sweep).status).toBe(1);
  });
});

describe("secrets that arrived for a run", () => {
  const arriving = () => at("opt", "gatehouse", "secrets-of-the-run.json");
  const setup = () =>
    nodeProgram("tokens", owner).replace(
      "\n",
      `\n${recordConf("tokens_worker1", "4711", "/opt/gatehouse/secrets-of-the-run.json")}\n`,
    );
  /** As one who logs in and is not root. */
  const asUser = (sudo: string) => {
    put("bin/id", "#!/bin/sh\necho 1000\n");
    put("bin/sudo", sudo);
  };

  beforeEach(() => {
    mkdirSync(at("opt", "gatehouse"));
    writeFileSync(arriving(), "{}");
  });

  test.each([
    ["is not on the node", () => {}],
    ["ends before it takes them", () => void receive(program('[ "$1" != tokens ]'))],
    ["cannot be run by sudo", () => asUser("#!/bin/sh\nexit 1\n")],
  ])("do not stay where the program %s", (_, prepare) => {
    prepare();
    expect(run(setup()).status).toBe(1);
    expect(existsSync(arriving())).toBe(false);
  });

  test("of a later run are left to it", () => {
    receive(program(`[ "$1" != tokens ] || { sleep 0.02; echo later >${arriving()}; exit 1; }`));
    expect(run(setup()).status).toBe(1);
    expect(readFileSync(arriving(), "utf8")).toBe("later\n");
  });
});

describe("on destroy, without the program", () => {
  const wipe = nodeProgram("wipe", { ...owner, agent: false, onDestroy: true });

  test("a node where nothing of Gatehouse is does not block it", () => {
    for (const text of [wipe, nodeProgram("agent remove", owner), nodeProgram("uninstall", owner)]) {
      expect(run(text).status).toBe(0);
    }
    expect(existsSync(at("opt", "gatehouse"))).toBe(false);
  });

  test("a node that still has something is not passed over", () => {
    mkdirSync(at("opt", "gatehouse", "instances"), { recursive: true });
    for (const text of [wipe, nodeProgram("agent remove", owner)]) {
      expect(run(text)).toMatchObject({
        status: 1,
        text: expect.stringContaining("gatehouse-node is not on this node"),
      });
    }
  });
});
