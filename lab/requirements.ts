/** The lab's requirements of the host, and the remedy for each that is missing. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import type { Report } from "../toolchain";
import { run, which } from "../toolchain";

/** The programs that the lab calls, and the Debian package of each. */
const programs: Record<string, string> = {
  "systemd-nspawn": "systemd-container",
  mmdebstrap: "mmdebstrap",
  ip: "iproute2",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  pgrep: "procps",
  nsenter: "util-linux",
  setsid: "util-linux",
  flock: "util-linux",
};

/** Facts about the host. */
export interface Host {
  platform: string;
  root: boolean;
  /** Debian or a child of it. */
  debian: boolean;
  cgroups: boolean;
  overlay: boolean;
  /** Routes into the lab's subnet that are not the lab's own. */
  routes: string[];
  /** Debian packages that are not there. */
  missingPackages: string[];
}

/** Where a person goes whose host cannot run the lab. */
export const elsewhere =
  'Gatehouse itself does not need the lab: see "Deploy to your own nodes" in README.md, ' +
  "or run the lab in a virtual machine with Debian or Ubuntu.";

/** Why the lab cannot run on this host: empty when it can. */
export function obstacles(host: Host): string[] {
  if (host.platform !== "linux") return [`The lab needs Linux with systemd-nspawn; this is ${host.platform}.`];
  const found: string[] = [];
  if (!host.root) found.push("The lab makes machines and a network, so it needs root: sudo npm run lab.");
  if (!host.debian)
    found.push("The lab's machines are made from the host's Debian or Ubuntu mirrors; this host is neither.");
  if (host.root && !host.cgroups) found.push("The lab cannot make cgroups in /sys/fs/cgroup: it is not writable here.");
  if (host.root && !host.overlay) found.push("The kernel has no overlay file system: try modprobe overlay.");
  for (const route of host.routes) found.push(`The lab's network 10.77.0.0/24 is in use here: ${route}`);
  return found;
}

/** Looks at this host. */
export async function inspectHost(): Promise<Host> {
  const linux = process.platform === "linux";
  const packages = Object.entries(programs).filter(([program]) => !which(program, ["/usr/sbin", "/sbin"]));
  return {
    platform: process.platform,
    root: process.getuid?.() === 0,
    debian: linux && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readIfThere("/etc/os-release")),
    cgroups: ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd"].some(canMakeCgroups),
    overlay: await hasOverlay(),
    routes: linux ? await foreignRoutes() : [],
    missingPackages: [...new Set(packages.map(([, name]) => name))],
  };
}

/** Installs Debian packages. */
export async function install(packages: string[], report: Report): Promise<void> {
  if (packages.length === 0) return;
  report(`installing ${packages.join(", ")}`);
  const options = { env: { DEBIAN_FRONTEND: "noninteractive" } };
  await run("apt-get", ["update", "-qq"], options);
  await run("apt-get", ["install", "-qq", "-y", "--no-install-recommends", ...packages], options);
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function canMakeCgroups(folder: string): boolean {
  try {
    accessSync(`${folder}/cgroup.procs`, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function hasOverlay(): Promise<boolean> {
  const there = () => /\boverlay$/m.test(readIfThere("/proc/filesystems"));
  if (!there()) await run("modprobe", ["overlay"]).catch(() => {});
  return there();
}

async function foreignRoutes(): Promise<string[]> {
  const routes = await run("ip", ["route", "show", "root", "10.77.0.0/24"]).catch(() => "");
  return routes
    .split("\n")
    .filter((route) => route && !/ dev gh0\b|^unreachable /.test(route))
    .map((route) => route.trim());
}
