import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import type { Service } from "../../model";
import {
  agentRelease,
  agentTokenProgram,
  incomingProgram,
  instanceRelease,
  nodeRelease,
  routesOf,
  tokensProgram,
  userData,
} from "../../templates";
import { nodeProgram, nodeScript } from "../../templates/program";
import { content, gateway, instanceOf, mesh, server, service, worker } from "../support/parts";
import { documentOf, verbOf } from "../support/programs";
import { meshOf, severalBackends } from "../support/shop";

test("no service, sidecar or gateway may take all of its node's processes", () => {
  const files = [service({}), gateway()].flatMap((one) => instanceRelease(mesh(), instanceOf(one)).files);
  const units = files.filter(({ path }) => path.endsWith(".service"));
  const limits = units.map(({ path, content: text }) => [path.split("/").pop(), /^TasksMax=(.*)$/m.exec(text)?.[1]]);
  expect(Object.fromEntries(limits)).toEqual({
    "frontend-sidecar-proxy.service": "512",
    "frontend.service": "2048",
    "ingress-gateway.service": "512",
  });
});

describe("a service", () => {
  const release = instanceRelease(
    mesh(),
    instanceOf(
      service({
        args: ["server", "-motto", "two words"],
        env: { LOG: "info" },
        health: { http: "/ready", interval: "2s", timeout: "1s" },
        upstreams: [{ name: "backend", localPort: 5000 }],
      }),
    ),
  );

  test("is five files", () => {
    expect(release.files.map(({ path, mode }) => `${mode} ${path}`)).toEqual([
      "0644 /etc/consul.d/frontend.hcl",
      "0644 /etc/systemd/system/frontend.service",
      "0644 /etc/systemd/system/frontend-sidecar-proxy.service",
      "0600 /opt/gatehouse/env/frontend.env",
      "0644 /opt/gatehouse/fences/frontend.json",
    ]);
  });

  test("has a definition with its check, its sidecar and its upstreams", () => {
    expect(lines(release.files, "/etc/consul.d/frontend.hcl")).toEqual([
      "service {",
      'id = "frontend"',
      'name = "frontend"',
      "port = 9001",
      "meta = {",
      'gatehouse-mesh = "lab"',
      "}",
      "check {",
      'name = "health"',
      'http = "http://127.0.0.1:9001/ready"',
      "disable_redirects = true",
      'interval = "2s"',
      'timeout = "1s"',
      "failures_before_critical = 2",
      "}",
      "connect {",
      "sidecar_service {",
      "port = 21001",
      "meta = {",
      'gatehouse-mesh = "lab"',
      "}",
      "checks = [",
      "{",
      'name = "sidecar listener"',
      'tcp = "127.0.0.1:21001"',
      'interval = "1s"',
      'timeout = "1s"',
      "failures_before_critical = 2",
      "},",
      "{",
      'name = "service"',
      'alias_service = "frontend"',
      "},",
      "]",
      "proxy {",
      "upstreams = [",
      "{",
      'destination_name = "backend"',
      "local_bind_port = 5000",
      "},",
      "]",
      "}",
      "}",
      "}",
      "}",
    ]);
  });

  test("has a unit that runs its binary with its arguments", () => {
    expect(content(release.files, "/etc/systemd/system/frontend.service")).toContain(
      `ExecStart=/opt/gatehouse/binaries/${"ab".repeat(32)}/web server -motto "two words"\n`,
    );
  });

  test("has a fence: who may connect to its ports", () => {
    const upstreams = [{ name: "backend", localPort: 5000 }];
    const { files } = instanceRelease(mesh(), instanceOf(service({ upstreams })));
    expect(JSON.parse(content(files, "/opt/gatehouse/fences/frontend.json"))).toEqual({
      envoy: "gatehouse-frontend_sidecar",
      service: "gatehouse-frontend",
      port: 9001,
      adminPort: 19001,
      upstreams: [5000],
    });
    expect(lines(files, "/etc/systemd/system/frontend.service")).toContain(
      "ExecStartPre=+-/opt/gatehouse/bin/lab/gatehouse-node fence",
    );
  });

  test("has an Envoy that does not ask the agent: root does, before it starts", () => {
    const unit = lines(release.files, "/etc/systemd/system/frontend-sidecar-proxy.service");
    const root = unit.filter((line) => line.startsWith("ExecStartPre=+"));
    expect(root).toEqual([expect.stringMatching(/gatehouse-node bootstrap frontend -sidecar-for frontend /)]);
    expect(unit).toContainEqual(
      expect.stringMatching(/^ExecStart=envoy --config-path \/run\/gatehouse-envoy\/frontend.json /),
    );
  });

  test("has a unit that runs a command of the node, and names no binary", () => {
    const command = ["/usr/bin/node", "/srv/shop/50%.js"];
    const { files, binaryPath, program } = instanceRelease(
      mesh(),
      instanceOf(service({ binary: undefined, command, args: ["-v"] })),
    );
    expect(content(files, "/etc/systemd/system/frontend.service")).toContain(
      "ExecStart=/usr/bin/node /srv/shop/50%%.js -v\n",
    );
    expect(binaryPath).toBeUndefined();
    expect(documentOf(program)).not.toHaveProperty("binary");
  });

  describe("with files that a command runs in", () => {
    const SUM = "ab".repeat(32);
    const rendered = (changes: Partial<Service>) => {
      const { files, binaryPath, program } = instanceRelease(mesh(), instanceOf(service({ args: ["-v"], ...changes })));
      const unit = content(files, "/etc/systemd/system/frontend.service").split("\n");
      const lines = unit.filter((line) => /^(ExecStart|WorkingDirectory)=/.test(line));
      return { lines, binaryPath, document: documentOf(program) };
    };

    test("an archive is unpacked, and the command runs in the folder", () => {
      const binary = { path: "/project/dist", sha256: SUM, archive: "tar" as const, folder: { files: 2, bytes: 10 } };
      const folder = `/opt/gatehouse/binaries/${SUM}/files`;
      const { lines, binaryPath, document } = rendered({ binary, command: ["/usr/bin/node", "server.js"] });
      expect(lines).toEqual(["ExecStart=/usr/bin/node server.js -v", `WorkingDirectory=${folder}`]);
      expect(binaryPath).toBe(folder);
      expect(document).toMatchObject({
        binary: { sha256: SUM, name: "files", archive: "tar", resource: `binary_worker1_${SUM.slice(0, 12)}` },
        program: "/usr/bin/node",
      });
      expect(rendered({ binary, command: ["bin/web"], workingDirectory: "/srv/shop" }).lines).toEqual([
        `ExecStart=${folder}/bin/web -v`,
        "WorkingDirectory=/srv/shop",
      ]);
    });

    test("another file keeps its name, next to which the command runs", () => {
      const binary = { path: "/project/build/shop.jar", sha256: SUM };
      const { lines, document } = rendered({ binary, command: ["/usr/bin/java", "-jar", "shop.jar"] });
      expect(lines).toEqual([
        "ExecStart=/usr/bin/java -jar shop.jar -v",
        `WorkingDirectory=/opt/gatehouse/binaries/${SUM}`,
      ]);
      expect(document).toMatchObject({ binary: { name: "shop.jar" }, program: "/usr/bin/java" });
    });

    test("an artifact may be the program itself", () => {
      const url = "https://example.org/releases/web%201?signed=yes";
      const { lines, document } = rendered({ binary: { path: url, sha256: SUM, url } });
      expect(lines).toEqual([
        `ExecStart=/opt/gatehouse/binaries/${SUM}/web_201 -v`,
        `WorkingDirectory=/opt/gatehouse/binaries/${SUM}`,
      ]);
      expect(document).toMatchObject({ binary: { sha256: SUM, name: "web_201", url } });
      expect(document).not.toHaveProperty("binary.resource");
    });
  });

  test("runs as a user of the node, with folders of its own and what is declared of the node", () => {
    const declared = service({
      user: "www-data",
      group: "media",
      workingDirectory: "/srv/shop",
      stateDirectory: true,
      logsDirectory: true,
      readWritePaths: ["/srv/media"],
      stopSignal: "SIGINT",
      stopTimeout: "5s",
      openFiles: 100_000,
      tasks: 50,
    });
    const unit = lines(instanceRelease(mesh(), instanceOf(declared)).files, "/etc/systemd/system/frontend.service");
    for (const line of [
      "User=www-data",
      "Group=media",
      "WorkingDirectory=/srv/shop",
      "StateDirectory=gatehouse-frontend",
      "StateDirectoryMode=0700",
      "LogsDirectory=gatehouse-frontend",
      "ReadWritePaths=/srv/media",
      "KillSignal=SIGINT",
      "TimeoutStopSec=5s",
      "LimitNOFILE=100000",
      "TasksMax=50",
      "ProtectSystem=strict",
    ]) {
      expect(unit).toContain(line);
    }
    // The user owns more than this service: what is the user's stays when the service ends.
    expect(unit.join("\n")).not.toMatch(/DynamicUser|RemoveIPC|CacheDirectory/);
  });

  test("has its configuration files in a folder of its own, which its unit shows to it alone", () => {
    const configFiles = [{ name: "app.yaml", content: "a: ${1} %{2}\n" }];
    const one = (changes: Parameters<typeof service>[0]) =>
      instanceRelease(mesh(), instanceOf(service({ configFiles, ...changes })));
    const { files, program, hash } = one({ reload: "SIGHUP" });
    expect(content(files, "/opt/gatehouse/config/frontend/app.yaml")).toBe("a: ${1} %{2}\n");
    const unit = lines(files, "/etc/systemd/system/frontend.service");
    expect(unit).toContain("BindReadOnlyPaths=/opt/gatehouse/config/frontend:/run/gatehouse-config");
    expect(unit).toContain("Environment=CONFIGURATION_DIRECTORY=/run/gatehouse-config");
    expect(documentOf(program)).toMatchObject({ reload: "SIGHUP" });
    expect(new Set([hash, one({}).hash, one({ configFiles: [{ name: "app.yaml", content: "" }] }).hash]).size).toBe(3);
  });

  test("has the further directives of its declaration last, as they are", () => {
    const unit = {
      Unit: [{ name: "After", value: "postgresql.service" }],
      Service: [
        { name: "OOMScoreAdjust", value: "-500" },
        { name: "InaccessiblePaths", value: "-/srv/a b%i" },
      ],
    };
    const text = content(
      instanceRelease(mesh(), instanceOf(service({ unit }))).files,
      "/etc/systemd/system/frontend.service",
    );
    expect(text).toContain("StartLimitIntervalSec=0\nAfter=postgresql.service\n\n[Service]\n");
    expect(text).toContain(
      "\n\n# From run.unit of the declaration.\nOOMScoreAdjust=-500\nInaccessiblePaths=-/srv/a b%i\n\n[Install]\n",
    );
  });

  test("is another release when its folders are to be removed with it", () => {
    const purged = instanceRelease(mesh(), instanceOf(service({ stateDirectory: true, purge: true })));
    expect(documentOf(purged.program)).toMatchObject({ purge: true });
    expect(purged.hash).not.toBe(instanceRelease(mesh(), instanceOf(service({ stateDirectory: true }))).hash);
  });

  test("has the declared limits in its own unit, and none otherwise", () => {
    const limits = { memoryMax: "512M", cpuQuota: "50%" };
    const { files } = instanceRelease(mesh(), instanceOf(service(limits)));
    expect(content(files, "/etc/systemd/system/frontend.service")).toContain("\nMemoryMax=512M\nCPUQuota=50%\n");
    expect(content(files, "/etc/systemd/system/frontend-sidecar-proxy.service")).not.toMatch(/MemoryMax|CPUQuota/);
    expect(content(release.files, "/etc/systemd/system/frontend.service")).not.toMatch(/MemoryMax|CPUQuota/);
    const limited = instanceRelease(mesh(), instanceOf(gateway(limits)));
    expect(content(limited.files, "/etc/systemd/system/ingress-gateway.service")).toContain(
      "\nMemoryMax=512M\nCPUQuota=50%\n",
    );
  });

  test("has a sidecar that outlives a restart of the agent and of the service", () => {
    const unit = content(release.files, "/etc/systemd/system/frontend-sidecar-proxy.service");
    expect(unit).toContain("Wants=consul.service network-online.target\n");
    expect(unit).not.toMatch(/^(BindsTo|Requires|PartOf)=/m);
    expect(unit).toContain("-sidecar-for frontend -admin-bind 127.0.0.1:19001 ");
  });

  test.each([
    [{ tcp: true as const }, 'tcp = "127.0.0.1:9001"'],
    [{ grpc: "" }, 'grpc = "127.0.0.1:9001"'],
    [{ grpc: "shop.Cart" }, 'grpc = "127.0.0.1:9001/shop.Cart"'],
    [
      { script: ["/bin/check", "-v"] },
      'args = ["/opt/gatehouse/bin/lab/gatehouse-node", "health", "ask", "/run/gatehouse-health/frontend"]',
    ],
  ])("checks %j", (health, expected) => {
    const { files } = instanceRelease(
      mesh(),
      instanceOf(service({ health: { ...health, interval: "2s", timeout: "1s" } })),
    );
    expect(lines(files, "/etc/consul.d/frontend.hcl")).toContain(expected);
  });

  describe("with a health script", () => {
    const scripted = service({
      health: { script: ["/bin/check", "-v"], interval: "2s", timeout: "1s" },
      secrets: [{ name: "KEY", version: "1" }],
      stateDirectory: true,
      memoryMax: "64M",
      tasks: 2,
      unit: {
        Service: [
          { name: "InaccessiblePaths", value: "/srv" },
          { name: "WatchdogSec", value: "5" },
        ],
      },
    });
    const { files } = instanceRelease(mesh(), instanceOf(scripted));
    const own = lines(files, "/etc/systemd/system/frontend.service");
    const sandbox = lines(files, "/etc/systemd/system/gatehouse-health-frontend.service");
    const socket = lines(files, "/etc/systemd/system/gatehouse-health-frontend.socket");

    test("runs it in the sandbox of the service, without its secrets", () => {
      const differs =
        /^(#|Description=|PartOf=|Wants=|After=|ExecStart(Pre)?=|Restart|WatchdogSec=|EnvironmentFile=.*secrets|TasksMax=|MemoryMax=|\[Install|WantedBy=)/;
      const rest = (unit: string[]) => unit.filter((line) => line && !differs.test(line));
      expect(rest(sandbox)).toEqual(rest(own));
      expect(sandbox).toContain("ExecStart=/opt/gatehouse/bin/lab/gatehouse-node health serve /bin/check -v");
      expect(sandbox).toContain("InaccessiblePaths=/srv");
      expect(sandbox).toContain("TasksMax=256"); // the program that waits has threads, too
      expect(sandbox.join()).not.toMatch(/WatchdogSec|secrets|MemoryMax/);
    });

    test("lets the agent alone ask", () => {
      expect(socket).toEqual(expect.arrayContaining(["SocketGroup=consul", "SocketMode=0660"]));
    });

    test("lets an agent of others ask, whose user is not known", () => {
      const foreign = instanceRelease(
        { ...mesh(), consul: { ...mesh().consul, existing: true } },
        instanceOf(scripted),
      );
      expect(lines(foreign.files, "/etc/systemd/system/gatehouse-health-frontend.socket")).toContain("SocketMode=0666");
    });
  });

  test("checks another port with a method, headers and TLS, and has patience", () => {
    const health = {
      http: "/ready",
      port: 9011,
      header: { Host: ["shop.test"], "X-Key": ["a", 'b"'] },
      method: "HEAD" as const,
      tls: true,
      interval: "5m",
      timeout: "1s",
      successBeforePassing: 2,
      failuresBeforeCritical: 3,
      startTimeout: "3m",
    };
    const { files, program, hash } = instanceRelease(mesh(), instanceOf(service({ health })));
    const definition = lines(files, "/etc/consul.d/frontend.hcl");
    for (const line of [
      'http = "https://127.0.0.1:9011/ready"',
      'Host = ["shop.test"]'.replace("Host", '"Host"'),
      '"X-Key" = ["a", "b\\""]',
      'method = "HEAD"',
      "disable_redirects = true",
      "tls_skip_verify = true",
      "success_before_passing = 2",
      "failures_before_critical = 3",
    ]) {
      expect(definition).toContain(line);
    }
    expect(documentOf(program).health).toEqual({
      direct: true,
      url: "https://127.0.0.1:9011/ready",
      method: "HEAD",
      header: health.header,
      tls: true,
      timeoutSeconds: 1,
      steadySeconds: 1,
      startSeconds: 180,
    });
    const { startTimeout: _, ...impatient } = health;
    expect(instanceRelease(mesh(), instanceOf(service({ health: impatient }))).hash).not.toBe(hash);
  });

  test.each([
    [{ grpc: "shop.Cart" }, { grpc: { server: "127.0.0.1:9001", service: "shop.Cart" } }],
    [{ script: ["/bin/check"] }, { script: ["/bin/check"], socket: "/run/gatehouse-health/frontend" }],
    [{ tcp: true as const, port: 9011 }, { tcp: "127.0.0.1:9011" }],
    [{ tcp: true as const }, {}],
  ])("is asked by the node program itself in a deploy: %j", (check, asked) => {
    const health = { ...check, interval: "5m", timeout: "1s" };
    const { program } = instanceRelease(mesh(), instanceOf(service({ health })));
    expect(documentOf(program).health).toEqual({ direct: true, ...asked, timeoutSeconds: 1, steadySeconds: 1 });
  });

  test("has labels in its registration and its sidecar's, those of its node last", () => {
    const labelled = service({
      meta: { version: "1", team: 'a"${b}' },
      tags: ["v1"],
      labelsOn: { worker1: { meta: { version: "2" }, tags: ["canary", "v1"] }, worker2: { tags: ["other"] } },
    });
    const definition = lines(instanceRelease(mesh(), instanceOf(labelled)).files, "/etc/consul.d/frontend.hcl");
    const both = (line: string) => definition.filter((one) => one === line).length;
    expect(both('"version" = "2"')).toBe(2);
    expect(both('"team" = "a\\"\\u0024{b}"')).toBe(2);
    expect(both('tags = ["v1", "canary"]')).toBe(2);
  });

  describe("with secret variables", () => {
    const secret = (version: string) =>
      instanceRelease(mesh(), instanceOf(service({ secrets: [{ name: "API_KEY", version }] })));
    const unit = "/etc/systemd/system/frontend.service";

    test("reads them from a file that no release's text holds", () => {
      const { files, secretFile } = secret("1");
      expect(secretFile).toBe("/opt/gatehouse/secrets/frontend.env");
      expect(lines(files, unit)).toContain(`EnvironmentFile=${secretFile}`);
      expect(files.map(({ path }) => path)).not.toContain(secretFile);
    });

    test("is another release with another version, and the same with the same", () => {
      expect(secret("1").hash).toBe(secret("1").hash);
      expect(secret("1").hash).not.toBe(secret("2").hash);
    });

    test("none leave no trace", () => {
      expect(release.secretFile).toBeUndefined();
      expect(content(release.files, unit)).not.toContain("/opt/gatehouse/secrets");
    });
  });

  test("is the same release for the same content and another for another binary", () => {
    const hash = (sha256: string) =>
      instanceRelease(mesh(), instanceOf(service({ binary: { path: "/b", sha256 } }))).hash;
    expect(hash("aa")).toBe(hash("aa"));
    expect(hash("aa")).not.toBe(hash("bb"));
  });
});

describe("a gateway", () => {
  const release = instanceRelease(mesh(), instanceOf(gateway()));

  test("is its definition, its unit and its fence", () => {
    expect(release.files.map(({ path }) => path)).toEqual([
      "/etc/consul.d/ingress-gateway.hcl",
      "/etc/systemd/system/ingress-gateway.service",
      "/opt/gatehouse/fences/ingress-gateway.json",
    ]);
    expect(lines(release.files, "/etc/consul.d/ingress-gateway.hcl")).toContain('kind = "ingress-gateway"');
    expect(lines(release.files, "/etc/consul.d/ingress-gateway.hcl")).toContain(
      'http = "http://127.0.0.1:21001/ready"',
    );
    // Else Consul takes 8443 for an unused page, in the way of a listener there.
    expect(content(release.files, "/etc/systemd/system/ingress-gateway.service")).toContain(
      "-envoy-ready-bind-address 127.0.0.1 -envoy-ready-bind-port 21001 ",
    );
  });

  const listening = (port: number) =>
    instanceRelease(
      mesh(),
      instanceOf(gateway({ listeners: [{ port, protocol: "http", services: [{ name: "frontend" }] }] })),
    );
  const unit = "/etc/systemd/system/ingress-gateway.service";

  test("is the same release whatever its listeners are: routes need no restart", () => {
    expect(listening(1024).hash).toBe(release.hash);
    expect(listening(80).hash).toBe(listening(1023).hash);
  });

  test("has the right to bind low ports when a listener has one, and no right at all otherwise", () => {
    expect(content(release.files, unit)).toMatch(/^CapabilityBoundingSet=$/m);
    expect(content(release.files, unit)).not.toContain("CAP_");
    expect(content(listening(80).files, unit)).toMatch(/^AmbientCapabilities=CAP_NET_BIND_SERVICE$/m);
    expect(content(listening(80).files, unit)).toMatch(/^CapabilityBoundingSet=CAP_NET_BIND_SERVICE$/m);
  });

  test("has a route to try for every host that is declared", () => {
    const services = [{ name: "a", hosts: ["*", "*.shop.test"] }, { name: "b" }];
    const routes = routesOf(mesh(), gateway({ listeners: [{ port: 8080, protocol: "http", services }] }));
    expect(routes.map(({ host, service }) => `${host} ${service}`)).toEqual([
      "127.0.0.1:8080 a",
      "probe.shop.test a",
      "b.ingress.consul b",
    ]);
  });
});

describe("an agent", () => {
  const AGENT = "/etc/consul.d/consul.hcl";

  test("of a server bootstraps with the number of servers and answers Terraform", () => {
    const { files } = agentRelease(
      mesh({ nodes: [server, { ...server, name: "server2", address: "10.77.0.20" }] }),
      server,
    );
    const configuration = lines(files, "/etc/consul.d/consul.hcl");
    expect(configuration).toContain("bootstrap_expect = 2");
    expect(configuration).toContain('retry_join = ["10.77.0.10", "10.77.0.20"]');
    expect(configuration).toContain('client_addr = "127.0.0.1 10.77.0.10"');
  });

  test("of a worker is reached on loopback only and keeps its services through a restart", () => {
    const configuration = lines(agentRelease(mesh(), worker).files, "/etc/consul.d/consul.hcl");
    expect(configuration).toContain('client_addr = "127.0.0.1"');
    expect(configuration).toContain("leave_on_terminate = false");
    expect(configuration).not.toContain("server = true");
  });

  const withConsul = (changes: object) => {
    const whole = mesh();
    return lines(agentRelease({ ...whole, consul: { ...whole.consul, ...changes } }, server).files, AGENT);
  };

  test("of a server answers DNS on loopback and has no port for gossip between datacenters, unless declared", () => {
    expect(withConsul({})).toEqual(expect.arrayContaining(['dns = "127.0.0.1"', "serf_wan = -1"]));
    const opened = withConsul({ openDns: true, wanGossip: true });
    expect(opened.filter((line) => /^(dns|serf_wan) /.test(line))).toEqual([]);
    expect(withConsul({ tls: false, openDns: true })).not.toContain("addresses {");
    expect(withConsul({ tls: false })).toContain('dns = "127.0.0.1"');
  });

  test("has the declared settings by Consul's names, with the servers first of those it joins", () => {
    const configuration = withConsul({
      agent: {
        logLevel: "warn",
        retryJoin: ["provider=aws tag_key=consul"],
        telemetry: { prometheusRetentionTime: "60s", prefixFilter: ["-consul.rpc"] },
        limits: { httpMaxConnsPerClient: 400 },
        settings: { dns_config: { service_ttl: { "*": "5s" }, allow_stale: false } },
      },
    });
    expect(configuration).toEqual(
      expect.arrayContaining([
        'log_level = "WARN"',
        'retry_join = ["10.77.0.10", "provider=aws tag_key=consul"]',
        '"telemetry" = { "prometheus_retention_time" = "60s", "prefix_filter" = ["-consul.rpc"] }',
        '"limits" = { "http_max_conns_per_client" = 400 }',
        '"dns_config" = { "service_ttl" = { "*" = "5s" }, "allow_stale" = false }',
      ]),
    );
  });

  test.each([server, worker])("of a $role denies by default", (node) => {
    expect(lines(agentRelease(mesh(), node).files, "/etc/consul.d/consul.hcl")).toContain(
      'default_intention_policy = "deny"',
    );
  });
});

describe("a node's program", () => {
  test("gets an agent's document, with its files as text", () => {
    const { program: text, files, removal } = agentRelease(mesh(), server);
    expect(verbOf(text)).toBe("agent setup");
    expect(documentOf(text)).toEqual({
      mesh: "lab",
      node: "server1",
      role: "server",
      last: true,
      acl: true,
      tls: true,
      secrets: true,
      configuration: files[0],
      unit: files[1],
    });
    expect([verbOf(removal), documentOf(removal)]).toEqual(["agent remove", { mesh: "lab", node: "server1" }]);
  });

  test("knows which server is the last, and a mesh without secrets", () => {
    const open = { ...mesh().consul, acl: false, tls: false, gossipEncryption: false };
    const nodes = [server, { ...server, name: "server2" }, { ...server, name: "server3", retired: true }];
    const of = (name: number) => documentOf(agentRelease(mesh({ consul: open, nodes }), nodes[name]!).program);
    expect([of(0), of(1)]).toMatchObject([
      { last: false, secrets: false },
      { last: true, secrets: false },
    ]);
  });

  test("gets a worker's units, and none for a server", () => {
    const { program: text, files } = nodeRelease(mesh(), worker);
    expect(verbOf(text)).toBe("setup");
    expect(documentOf(text)).toEqual({
      mesh: "lab",
      node: "worker1",
      role: "worker",
      tls: true,
      meshCommand: files[0],
      drainUnit: files[1],
      fenceUnit: files[2],
    });
    for (const unit of ["drainUnit", "fenceUnit"])
      expect(documentOf(nodeRelease(mesh(), server).program)).not.toHaveProperty(unit);
    expect(lines(files, "/etc/systemd/system/gatehouse-drain.service")).toContain(
      "ExecStop=/opt/gatehouse/bin/gatehouse-node drain node on",
    );
  });

  test("is told whose secrets arrive", () => {
    const owner = { mesh: "lab", node: "worker1" };
    const programs = [
      incomingProgram("lab", "worker1"),
      tokensProgram("lab", "worker1"),
      agentTokenProgram(mesh(), worker),
    ];
    expect(programs.map(verbOf)).toEqual(["incoming", "tokens", "agent token"]);
    expect(programs.map(documentOf)).toEqual([owner, owner, owner]);
  });

  test("gets every text as it is", () => {
    const document = { mesh: "lab", node: "$HOME `id` 'a' \\ \nDOCUMENT\n# DOCUMENT\n%{x}" };
    const shown = nodeScript("owner", document, "PROGRAM").replace("PROGRAM owner", "cat");
    expect(JSON.parse(execFileSync("sh", { input: shown, encoding: "utf8" }))).toEqual(document);
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-render-"));
    const [file, stand] = [join(folder, "run.sh"), join(folder, "stand-in")];
    writeFileSync(stand, "#!/bin/sh\necho verb $*\ncat\n", { mode: 0o755 });
    const text = nodeProgram("expand remove", document)
      .replace("program=$bin/$MESH/gatehouse-node", `program=${stand}`)
      .replace('"$(id -u)"', "0");
    writeFileSync(file, text, { mode: 0o700 });
    const [verb, ...rest] = execFileSync(file, { encoding: "utf8" }).split("\n");
    rmSync(folder, { recursive: true });
    expect(verb).toBe("verb expand remove");
    expect(JSON.parse(rest.join("\n"))).toEqual(document);
  });
});

test("user_data installs the prerequisites and the mesh command", () => {
  const text = userData(mesh(), worker);
  expect(text).toMatch(/^#cloud-config\n/);
  const data = parseYaml(text);
  expect(data.packages).toEqual(["ca-certificates", "python3-pip"]);
  expect(data.write_files[0]).toMatchObject({ path: "/usr/local/bin/mesh", permissions: "0755" });
  expect(data.write_files[0].content).toBe(content(nodeRelease(mesh(), worker).files, "/usr/local/bin/mesh"));
  expect(data.runcmd).toEqual([["/opt/gatehouse/prerequisites.sh", "worker"]]);
});

test("user_data for a user who is not root gives that user one program and no more", () => {
  const deploy = { ...worker, ssh: { ...worker.ssh, user: "deploy" } };
  const data = parseYaml(userData(mesh(), deploy));
  expect(data.user).toMatchObject({
    name: "deploy",
    lock_passwd: true,
    sudo: 'ALL=(root) NOPASSWD: /usr/local/sbin/gatehouse-root ""',
  });
  expect(data.packages).toContain("sudo");
  expect(data.runcmd[0]).toEqual(["/opt/gatehouse/deploy-user.sh", "--close-home", "deploy"]);
  expect(data.write_files.map(({ path }: { path: string }) => path)).toContain("/opt/gatehouse/deploy-user.sh");
  expect(parseYaml(userData(mesh(), worker))).not.toHaveProperty("user");
});

test("another user who logs in has the machine made ready again: the folder for uploads is that user's", () => {
  expect(nodeRelease(mesh(), { ...worker, ssh: { ...worker.ssh, user: "deploy" } }).hash).not.toBe(
    nodeRelease(mesh(), worker).hash,
  );
});

/** Lines without comments, blank ones and the blanks that align them. */
function lines(files: { path: string; content: string }[], path: string): string[] {
  return content(files, path)
    .split("\n")
    .map((line) => line.trim().replace(/ +/g, " "))
    .filter((line) => line !== "" && !line.startsWith("#"));
}

describe("two instances of a service on one node", () => {
  const [first, second] = meshOf(severalBackends(2)).instances.filter(({ workload }) => workload.name === "backend");
  const [alone] = meshOf(severalBackends(1)).instances.filter(({ workload }) => workload.name === "backend");
  const shop = meshOf(severalBackends(2));
  const filesOf = (instance = first!) => instanceRelease(shop, instance).files;
  const pathsOf = (instance = first!) => filesOf(instance).map(({ path }) => path);

  test("the first has the files of the only one; callers hear of a failed check at once", () => {
    expect(filesOf().filter(({ content: text }, index) => filesOf(alone)[index]!.content !== text)).toEqual([
      expect.objectContaining({ path: "/etc/consul.d/backend.hcl" }),
    ]);
    const definition = (instance = first!) => content(filesOf(instance), "/etc/consul.d/backend.hcl");
    expect(definition()).toBe(definition(alone).replaceAll("critical = 2", "critical = 1"));
  });

  test("the second has files, units, users and folders of its own", () => {
    expect(pathsOf(second)).toEqual([
      "/etc/consul.d/backend_2.hcl",
      "/etc/systemd/system/backend_2.service",
      "/etc/systemd/system/backend_2-sidecar-proxy.service",
      "/opt/gatehouse/env/backend_2.env",
      "/opt/gatehouse/fences/backend_2.json",
    ]);
    const unit = content(filesOf(second), "/etc/systemd/system/backend_2.service");
    expect(unit).toContain("\nUser=gatehouse-backend_2\n");
    expect(unit).toContain("\nStateDirectory=gatehouse-backend_2\n");
    expect(unit).toContain("\nEnvironmentFile=/opt/gatehouse/env/backend_2.env\n");
    expect(content(filesOf(second), "/opt/gatehouse/env/backend_2.env")).toContain('\nPORT="9003"\n');
    const sidecar = content(filesOf(second), "/etc/systemd/system/backend_2-sidecar-proxy.service");
    expect(sidecar).toContain(" -sidecar-for backend_2 ");
    expect(JSON.parse(content(filesOf(second), "/opt/gatehouse/fences/backend_2.json"))).toMatchObject({
      service: "gatehouse-backend_2",
      port: 9003,
      adminPort: second!.adminPort,
    });
  });

  test("and is the same service in Consul, under an id of its own", () => {
    const definition = lines(filesOf(second), "/etc/consul.d/backend_2.hcl");
    expect(definition).toEqual(
      expect.arrayContaining(['id = "backend_2"', 'name = "backend"', "port = 9003", 'alias_service = "backend_2"']),
    );
  });

  test("the node program gets both names, and drains each where the other serves", () => {
    const document = (instance = first!) => documentOf(instanceRelease(shop, instance).program);
    expect(document(second)).toMatchObject({ name: "backend_2", service: "backend", port: 9003, drain: true });
    expect(document()).not.toHaveProperty("service");
    expect(document()).toMatchObject({ name: "backend", port: 9002, drain: true });
  });
});
