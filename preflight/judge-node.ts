/** The node itself: the user who logs in, systemd, programs, free space. Pure. */

import { type Finding, operand, problem, shellWord } from "../findings";
import { layout, type MeshNode } from "../model";
import type { Facts, Folder } from "../nodes";
import type { Plan } from "./plan";

/** systemctl(1): `-P`, by which the programs on the node read a unit's state. */
const SYSTEMD_AT_LEAST = 246;

/** Releases, units and definitions are small files, a few dozen an instance. */
const INODES_AT_LEAST = 1000;

export function judgeSystem(node: MeshNode, { uid, home, init, systemd }: Facts): Finding[] {
  const found: Finding[] = [];
  const report = (check: string, what: string, why: string, remedy: string) =>
    found.push(problem(node.name, check, { found: what, why, remedy }));
  if (uid !== 0)
    report("user", `${node.ssh.user} is not root there`, "units, /etc and /opt belong to root", "set ssh.user to root");
  // The user's own group is as good as the user.
  if (home.mode & (home.group === home.owner ? 0o007 : 0o077)) {
    report(
      "home folder",
      `others may come into ${home.path} (${home.mode.toString(8)} ${home.owner}:${home.group})`,
      "Terraform uploads there what then runs as root, writable for every user who can enter it",
      `chmod 700 ${operand(home.path)}`,
    );
  }
  if (init !== "systemd") {
    report("systemd", `process 1 is ${init}`, "services are systemd units", "use a node that systemd has booted");
    return found;
  }
  if (systemd.version < SYSTEMD_AT_LEAST) {
    const version = systemd.version || "of unknown version";
    report(
      "systemd",
      `systemd ${version}`,
      `${SYSTEMD_AT_LEAST} or newer is needed`,
      "use a newer release of its system",
    );
  }
  // `degraded`: some unit failed; that need not be ours.
  if (!["running", "degraded"].includes(systemd.state)) {
    const state = systemd.state || "not answering";
    const remedy = "wait until `systemctl is-system-running --wait` says running, or see: systemctl list-jobs";
    report("systemd", `the system is ${state}`, "units are not started as asked in this state", remedy);
  }
  return found;
}

/** The word of a declaration for each one that `uname -m` prints. */
const ARCHITECTURES: Record<string, MeshNode["arch"]> = { x86_64: "amd64", aarch64: "arm64" };

export function judgeArch({ name, arch: declared }: MeshNode, { arch }: Pick<Facts, "arch">): Finding[] {
  const known = ARCHITECTURES[arch];
  if (known === declared) return [];
  return [
    {
      severity: "problem",
      where: { on: name, what: "architecture" },
      found: `\`uname -m\` says ${arch || "nothing"}, and nodes.${name}.arch is ${declared}`,
      why: `a gatehouse-node that is built for ${declared} does not start there`,
      remedy: known
        ? `write \`arch: "${known}"\` in nodes.${name}`
        : "use a node with an x86_64 or an aarch64 processor: there is no gatehouse-node for others",
    },
  ];
}

/** systemd says nothing when it cannot hold a unit to its limit. */
export function judgeLimits({ node, limits }: Plan, { controllers }: Facts): Finding[] {
  return Object.entries(limits)
    .filter(([controller]) => !controllers.includes(controller))
    .map(([controller, limit]) => ({
      severity: "warning",
      where: { on: node.name, what: "limits" },
      found: `${limit} cannot be held: there is no cgroup controller for ${controller}`,
      why: "the unit states its limit, and the node's kernel or container lets it take more",
      remedy: "boot the node with cgroup v2, or hand the controller on to the container",
    }));
}

/** Everything works without fences: what is open then is in docs/security.md. */
export function judgeFences({ node }: Plan, { noFence }: Facts): Finding[] {
  if (noFence === "" || node.role === "server") return [];
  return [
    {
      severity: "warning",
      where: { on: node.name, what: "fences" },
      found: `the kernel cannot close ports to other programs of the node: ${noFence}`,
      why: "any program there can call services past the mesh, and has their certificates from Consul's agent",
      remedy: "give the node's kernel or container nf_tables (CAP_NET_ADMIN), or let no other program run there",
    },
  ];
}

/** Debian's packages, where the program is not named like its package. */
const packages = new Map(Object.entries({ awk: "mawk", find: "findutils", sha256sum: "coreutils" }));

export function judgePrograms({ node }: Plan, { missing, versions }: Facts): Finding[] {
  const found: Finding[] = [];
  const report = (what: string, why: string, remedy: string) =>
    found.push(problem(node.name, "programs", { found: what, why, remedy }));
  const ordinary = missing.filter((program) => program !== "consul" && program !== "envoy");
  if (ordinary.length > 0) {
    const names = [...new Set(ordinary.map((program) => packages.get(program) ?? program))];
    report(
      `not there: ${ordinary.join(", ")}`,
      "Gatehouse calls them on the node before its own program is there",
      `apt-get install ${names.map(shellWord).join(" ")}`,
    );
  }
  if (missing.includes("consul"))
    report("consul is not there", "its agent runs on every node of the mesh", fromUserData("consul"));
  else if (versions.consul === "")
    report("consul is there and does not print its version", "it does not start", "try on the node: consul version");
  if (missing.includes("envoy"))
    report("envoy is not there", "every sidecar and gateway is an Envoy", fromUserData("envoy"));
  else if (versions.envoy === "")
    report("envoy is there and does not print its version", "it does not start", "try on the node: envoy --version");
  return found;
}

const fromUserData = (program: string): string =>
  `run ${layout.files.prerequisites} there (the rendered user_data brings it), or copy the program to ${layout.folders.commands}/${program}`;

/** Space and permissions where a deploy writes. Folders of one file system share its space, and make one finding. */
export function judgeFolders(plan: Plan, facts: Facts): Finding[] {
  const { name: node } = plan.node;
  const found: Finding[] = [];
  const readOnly = facts.folders.filter(({ writable }) => !writable).map(({ path }) => path);
  if (readOnly.length > 0) {
    found.push({
      severity: "problem",
      where: { on: node, what: "writable" },
      found: `cannot write to ${readOnly.join(", ")}`,
      why: "units, definitions and releases are put there",
      remedy: "mount it writable: mount -o remount,rw …; dmesg says why a file system went read-only by itself",
    });
  }
  for (const device of new Set(facts.folders.map((folder) => folder.device))) {
    const folders = facts.folders.filter((folder) => folder.device === device);
    const finding = judgeSpace(node, folders, neededBytes(plan, facts, folders));
    if (finding) found.push(finding);
  }
  return found;
}

function judgeSpace(node: string, folders: Folder[], needed: number): Finding | undefined {
  const free = Math.min(...folders.map((folder) => folder.free));
  const inodes = Math.min(...folders.map((folder) => folder.inodesFree));
  if (free >= needed && inodes >= INODES_AT_LEAST) return undefined;
  const where = folders.map(({ path }) => path).join(", ");
  const [what, want] = free < needed ? [bytes(free), bytes(needed)] : [`${inodes} inodes`, `${INODES_AT_LEAST}`];
  return {
    severity: "problem",
    where: { on: node, what: "disk" },
    found: `${what} free for ${where}`,
    why: `${want} are needed for binaries, releases and some margin; a disk that fills up stops Consul too`,
    remedy: "free some space; see: journalctl --vacuum-size=100M, apt-get clean, du -xh / | sort -h | tail",
  };
}

/** The bytes that the folders of one file system need: their margins, and the binaries that are not on the node yet. */
function neededBytes({ folders: margins, binaries }: Plan, facts: Facts, folders: Folder[]): number {
  const margin = folders.reduce((sum, { path }) => sum + (margins[path] ?? 0), 0);
  if (!folders.some(({ path }) => path === layout.folders.gatehouse)) return margin;
  const coming = [...binaries].filter(([sha256]) => !facts.binaries.includes(sha256)).map(([, binary]) => binary.bytes);
  // An uploaded binary is there twice for a moment, while it is checked and put in its place.
  return margin + coming.reduce((sum, size) => sum + size, 0) + Math.max(0, ...coming);
}

/** "12 MiB". */
export function bytes(amount: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = amount;
  let unit = 0;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${size >= 10 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}
