import { type Host, obstacles } from "../../lab/requirements";

const fit: Host = {
  platform: "linux",
  root: true,
  debian: true,
  cgroups: true,
  overlay: true,
  routes: [],
  missingPackages: ["mmdebstrap"],
};

describe("the lab runs", () => {
  test("on Debian as root, whatever packages are missing", () => {
    expect(obstacles(fit)).toEqual([]);
  });
});

describe("the lab says why it cannot run", () => {
  test("on another system, and nothing more", () => {
    expect(obstacles({ ...fit, platform: "darwin", root: false, overlay: false })).toEqual([
      "The lab needs Linux with systemd-nspawn; this is darwin.",
    ]);
  });

  test.each<[string, Partial<Host>, string]>([
    ["without root", { root: false }, "needs root: sudo npm run lab"],
    ["on another distribution", { debian: false }, "this host is neither"],
    ["without cgroups", { cgroups: false }, "cannot make cgroups"],
    ["without overlay", { overlay: false }, "modprobe overlay"],
    ["on a network of its own addresses", { routes: ["10.77.0.0/25 dev tun0"] }, "in use here: 10.77.0.0/25 dev tun0"],
  ])("%s", (_name, lack, message) => {
    expect(obstacles({ ...fit, ...lack })).toEqual([expect.stringContaining(message)]);
  });

  test("with everything that is in the way", () => {
    expect(obstacles({ ...fit, root: false, debian: false })).toHaveLength(2);
  });
});
