/** Services without a port, commands before a release, and configuration files whose content is a secret. */
import type { Service } from "../../model";
import { instanceRelease } from "../../templates";
import { content, instanceOf, mesh, service } from "../support/parts";
import { documentOf } from "../support/programs";

const released = (changes: Partial<Service>) => {
  const release = instanceRelease(mesh(), instanceOf(service(changes)));
  return { ...release, document: documentOf(release.program) };
};
const job = { port: undefined, health: { interval: "2s", timeout: "1s" } };
const upstreams = [{ name: "backend", localPort: 5000 }];

describe("a service without a port and without upstreams", () => {
  const { files, document } = released({ ...job, runsOn: ["worker1", "worker2"] });

  test("is a unit alone, with a fence that has no port", () => {
    expect(files.map(({ path }) => path)).toEqual([
      "/etc/systemd/system/frontend.service",
      "/opt/gatehouse/env/frontend.env",
      "/opt/gatehouse/fences/frontend.json",
    ]);
    expect(JSON.parse(content(files, "/opt/gatehouse/fences/frontend.json"))).toEqual({
      service: "gatehouse-frontend",
    });
  });

  test("is not drained, and has to run for five seconds", () => {
    expect(document).toMatchObject({ kind: "job", adminPort: 0, drain: false });
    expect(document.health).toEqual({ direct: true, timeoutSeconds: 1, steadySeconds: 5 });
    expect(document).not.toHaveProperty("port");
    expect(document).not.toHaveProperty("sidecarPort");
  });
});

describe("a service without a port that calls others", () => {
  const health = { ...job.health, startTimeout: "3m" };
  const { files, document } = released({ ...job, health, upstreams });

  test("has a registration without port and check, whose sidecar listens on loopback", () => {
    const definition = content(files, "/etc/consul.d/frontend.hcl");
    expect(definition.match(/^ {2}\w+/gm)?.map((line) => line.trim())).toEqual(["id", "name", "meta", "connect"]);
    expect(definition).toContain('bind_address = "127.0.0.1"');
    expect(definition).toContain("port = 21001");
    expect(definition).not.toContain("9001");
  });

  test("has a fence for its upstreams, and has to run for as long as is declared", () => {
    expect(JSON.parse(content(files, "/opt/gatehouse/fences/frontend.json"))).toEqual({
      ...{ envoy: "gatehouse-frontend_sidecar", service: "gatehouse-frontend", adminPort: 19001, upstreams: [5000] },
    });
    expect(document).toMatchObject({ kind: "service", sidecarPort: 21001, adminPort: 19001, upstreams });
    expect(document.health).toMatchObject({ steadySeconds: 180, startSeconds: 180 });
  });
});

test("a job may run for some seconds only, and the commands before its release take a minute", () => {
  const short = { ...job, health: { ...job.health, startTimeout: "4s" }, before: [["/usr/bin/true"]] };
  const { document } = released(short);
  expect(document.health).toEqual({ direct: true, timeoutSeconds: 1, steadySeconds: 4 });
  expect(document.before?.unit).toContain("TimeoutStartSec=60s\n");
  const long = released({ ...short, health: { ...job.health, startTimeout: "3m" } }).document;
  expect(long.before?.unit).toContain("TimeoutStartSec=3m\n");
});

describe("commands before a release", () => {
  const settings: Partial<Service> = {
    ...{ stateDirectory: true, user: "shop", secrets: [{ name: "KEY", version: "1" }] },
    configFiles: [{ name: "app.yaml", content: "a: 1\n" }],
    unit: {
      Service: [
        { name: "Nice", value: "5" },
        { name: "RestartSec", value: "9" },
      ],
    },
    health: { tcp: true, interval: "2s", timeout: "1s", startTimeout: "3m" },
  };
  const before = [["web", "migrate", "100%"], ["/usr/bin/true"]];
  const { document, hash, files } = released({ ...settings, before });
  const [own, unit] = [content(files, "/etc/systemd/system/frontend.service"), document.before.unit as string];
  const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");

  test("run in the unit of the service, but once, with the files of the release", () => {
    const [only, common] = [linesOf(unit).filter((line) => !linesOf(own).includes(line)), linesOf(unit)];
    const binary = `/opt/gatehouse/binaries/${"ab".repeat(32)}/web`;
    expect(only).toEqual([
      "Description=Before a release of frontend, a service of mesh lab",
      ...["Type=oneshot", "RemainAfterExit=yes", "TimeoutStartSec=3m"],
      "BindReadOnlyPaths=/run/gatehouse-before/frontend/config:/run/gatehouse-config",
      ...[
        "EnvironmentFile=/run/gatehouse-before/frontend/env",
        "EnvironmentFile=/run/gatehouse-before/frontend/secret.env",
      ],
      ...[`ExecStart=${binary} migrate 100%%`, "ExecStart=/usr/bin/true"],
    ]);
    expect(common).toEqual(
      expect.arrayContaining(["User=shop", "ProtectSystem=strict", "StateDirectory=gatehouse-frontend", "Nice=5"]),
    );
    expect(unit).not.toMatch(/^(Restart|WantedBy)/m);
    expect(document.before.programs).toEqual([binary, "/usr/bin/true"]);
  });

  test("are part of the release, and leave no trace in others", () => {
    expect(released({ ...settings, before: [before[0]!] }).hash).not.toBe(hash);
    const without = released(settings);
    expect(without.hash).not.toBe(hash);
    expect(without.document).not.toHaveProperty("before");
    expect(content(without.files, "/etc/systemd/system/frontend.service")).toBe(own);
  });

  test("of files are programs in their folder", () => {
    const binary = { path: "/project/dist", sha256: "cd".repeat(32), archive: "tar" as const };
    const { document: other } = released({
      binary,
      command: ["/usr/bin/node", "server.js"],
      before: [["bin/migrate"]],
    });
    expect(other.before.programs).toEqual([`/opt/gatehouse/binaries/${"cd".repeat(32)}/files/bin/migrate`]);
    expect(other.before.unit).toContain(`WorkingDirectory=/opt/gatehouse/binaries/${"cd".repeat(32)}/files\n`);
  });
});

describe("a configuration file that is a secret", () => {
  const secretFiles = [{ name: "app.yaml", secret: "app", version: "1" }];
  const { document, files, hash, secretConfig } = released({ secretFiles });

  test("is named to the node, which shows it to the service alone", () => {
    const path = "/opt/gatehouse/config/frontend/app.yaml";
    expect(document.secretFiles).toEqual([{ path, secret: "app", version: "1" }]);
    expect(secretConfig).toEqual([path]);
    expect(files.map((file) => file.path)).not.toContain(path);
    expect(content(files, "/etc/systemd/system/frontend.service")).toContain(
      "BindReadOnlyPaths=/opt/gatehouse/config/frontend:/run/gatehouse-config\n",
    );
  });

  test("makes another release by its version", () => {
    expect(released({ secretFiles: [{ ...secretFiles[0]!, version: "2" }] }).hash).not.toBe(hash);
    expect(released({ secretFiles }).hash).toBe(hash);
  });
});
