import { type Draft, draftOf, reportOf } from "../../adopt";
import type { Found } from "../../adopt/found";
import { healthOf } from "../../adopt/health";
import { Remarks } from "../../adopt/remarks";
import { nodeFiles } from "../../model";
import { handMade } from "../support/hand-made";

const SEED = ["frontend", "backend", "ingress-gateway"];

const draft = (found: Found, chosen: string[] = SEED): Draft =>
  draftOf(found, { mesh: "mine", chosen, hostKey: (node) => `no file known-hosts/mine/${node}.pub yet` }, nodeFiles());

const words = ({ remarks }: Draft, kind: string) =>
  remarks.filter((one) => one.kind === kind).map(({ about, text }) => `${about}: ${text}`);

test("the mesh of the seed becomes a declaration that takes all of it over", () => {
  const { declaration, problems, missing } = draft(handMade());
  expect(problems).toEqual([]);
  expect(missing.map(({ path }) => path)).toEqual(
    ["server1", "worker1", "worker2", "worker3"].map((node) => `nodes.${node}.hostKey`),
  );
  const { nodes, ssh, ...rest } = declaration;
  expect(Object.entries(nodes).map(([name, { role }]) => `${name} ${role}`)).toEqual([
    "server1 server",
    "worker1 worker",
    "worker2 worker",
    "worker3 worker",
  ]);
  const health = { tcp: true, interval: "2s", timeout: "1s" };
  expect(rest).toEqual({
    name: "mine",
    consul: {
      datacenter: "dc1",
      address: "192.0.2.10:8500",
      existing: true,
      acl: false,
      tls: false,
      gossipEncryption: false,
    },
    services: {
      backend: {
        runsOn: ["worker2"],
        port: 9002,
        protocol: "http",
        run: { command: ["/usr/local/bin/backend", "-listen", "127.0.0.1:9002"] },
        health,
      },
      frontend: {
        runsOn: ["worker1"],
        port: 9001,
        protocol: "http",
        run: { command: ["/usr/local/bin/frontend", "-listen", "127.0.0.1:9001"] },
        health,
        upstreams: { backend: { localPort: 5000 } },
      },
    },
    gateways: {
      "ingress-gateway": {
        runsOn: ["worker3"],
        listeners: [{ port: 8080, protocol: "http", services: [{ name: "frontend", hosts: ["*"] }] }],
      },
    },
    takeOver: {
      services: ["backend", "frontend"],
      gateways: ["ingress-gateway"],
      configEntries: ["service-intentions/backend", "service-intentions/frontend", "ingress-gateway/ingress-gateway"],
    },
  });
});

test("the report says what moves, and that another team's things stay", () => {
  const found = handMade();
  const text = reportOf(draft(found), found);
  expect(text).toContain("on server1, which is a Consul server, it goes on until takeOver.letGo names it");
  expect(text).toMatch(/Stays as it is:\n {2}ledger: a service on worker2 .*\n {2}legacy: a service on worker1/);
  expect(text).toContain(
    "config entries of Consul: proxy-defaults/global, service-router/ledger, service-intentions/ledger",
  );
  expect(text).toContain("service-intentions/backend: Consul has it with the same content, and no mesh's mark");
  expect(text).not.toContain("Not taken over");
});

test("other names of units and ids are found again", () => {
  const { declaration, ...rest } = draft(
    handMade({ backend: { unit: "shop-backend", id: "backend-1", sidecarPort: 21_777 } }),
  );
  expect(declaration.services!.backend!.run.command?.[0]).toBe("/usr/local/bin/backend");
  expect(words({ declaration, ...rest }, "changes")).toEqual(
    expect.arrayContaining([
      "backend: its id backend-1 becomes backend",
      "backend: its sidecar on worker2 moves away from port 21777; Consul tells its callers",
      "backend: shop-backend.service becomes backend.service",
    ]),
  );
  expect(declaration.takeOver?.services).toEqual(["backend", "frontend"]);
});

test("a service that was registered through the API gets Consul's registration and Gatehouse's own check", () => {
  const { declaration, remarks } = draft(handMade({ frontend: { inFile: false } }));
  const { port, upstreams, health } = declaration.services!.frontend!;
  expect([port, upstreams, health]).toEqual([9001, { backend: { localPort: 5000 } }, undefined]);
  expect(remarks).toContainEqual({
    kind: "changes",
    about: "frontend",
    text: "its health is a TCP check of port 9001, every 2s",
  });
});

test("a health script is kept, and its other user named", () => {
  const remarks = new Remarks();
  const check = { http: "", tcp: "", grpc: "", args: ["/bin/check", "-v"], interval: "2s", timeout: "", others: [] };
  const definition = { checks: [check] } as unknown as Parameters<typeof healthOf>[1][number];
  expect(healthOf("web", [definition], 9001, remarks)).toEqual({ script: ["/bin/check", "-v"], interval: "2s" });
  const text = "its health script runs as the service's user, and no longer as that of Consul's agent";
  expect(remarks.all).toEqual([{ kind: "changes", about: "web", text }]);
});

test("a locked Consul is declared as one", () => {
  const found = handMade();
  found.consul = { ...found.consul, tls: true, acl: true, gossipEncryption: true, address: "192.0.2.10:8501" };
  expect(draft(found).declaration.consul).toEqual({ datacenter: "dc1", address: "192.0.2.10:8501", existing: true });
});

test("what is not named and called, or calls, is one of the services that others run", () => {
  const { declaration, problems, ...rest } = draft(handMade(), ["frontend", "ingress-gateway", "ledger"]);
  expect(problems).toEqual([]);
  expect(words({ declaration, problems, ...rest }, "blocks")).toEqual([]);
  expect(declaration.consul.services).toEqual({ backend: { protocol: "http" }, legacy: { protocol: "http" } });
  expect(declaration.services!.frontend!.upstreams).toEqual({ backend: { localPort: 5000 } });
  expect(declaration.takeOver!.services).toEqual(["frontend", "ledger"]);
  expect(words({ declaration, problems, ...rest }, "foreign")).toContain(
    "backend: what is declared names it, so it is in consul.services: others go on running it",
  );
});

test("a caller of what Consul does not know is not taken over", () => {
  const found = handMade();
  for (const [node, all] of Object.entries(found.consul.registrations))
    found.consul.registrations[node] = all.filter(({ Service }) => Service !== "backend");
  const made = draft(found, ["frontend", "ingress-gateway"]);
  expect(words(made, "blocks")).toEqual(["frontend: it calls backend, which Consul does not know as a service"]);
  expect(made.declaration.takeOver!.gateways).toEqual(["ingress-gateway"]);
  expect(made.declaration.consul.services).toBeUndefined();
});

test.each([
  ["a secret on its command line", { cutArguments: ["-password"] }, "-password of its command looks like a secret"],
  ["an environment file", { environmentFiles: ["/etc/web.env"] }, "its environment is in /etc/web.env"],
  [
    "a variable of systemd",
    { command: ["/usr/local/bin/backend", "$OPTIONS"] },
    "has a variable that systemd fills in",
  ],
])("a program with %s is not taken over", (_, program, reason) => {
  const made = draft(handMade({ backend: { program } }));
  expect(words(made, "blocks").join()).toContain(reason);
  expect(made.declaration.takeOver?.services).toEqual(["frontend"]);
});

test("a secret variable becomes a secret, and its value is to be given", () => {
  const made = draft(handMade({ backend: { program: { secrets: ["API_KEY"], environment: { LOG: "info" } } } }));
  const { run } = made.declaration.services!.backend!;
  expect([run.secrets, run.env]).toEqual([{ API_KEY: { version: "1" } }, { LOG: "info" }]);
  expect(words(made, "to do").join()).toContain("API_KEY looks like a secret");
});

test("user and folder stay where a service may have them, and root does not", () => {
  const made = draft(
    handMade({
      backend: { program: { user: "shop", workingDirectory: "/srv/shop" } },
      frontend: { program: { workingDirectory: "/root" } },
    }),
  );
  const { backend, frontend } = made.declaration.services!;
  expect(backend!.run).toMatchObject({ user: "shop", workingDirectory: "/srv/shop" });
  expect(frontend!.run).not.toHaveProperty("workingDirectory");
  expect(words(made, "changes").filter((text) => text.startsWith("frontend: it "))).toEqual([
    "frontend: it runs as a user of its own, no longer as root: it reads and writes only what that user may",
    "frontend: it no longer starts in /root",
  ]);
});

test("a program that a sandbox hides is copied into the project", () => {
  const made = draft(handMade({ backend: { program: { command: ["/home/ann/backend", "-v"] } } }));
  expect(made.declaration.services!.backend!.run).toEqual({ binary: "build/backend", args: ["-v"] });
  expect(words(made, "to do")).toEqual([
    "backend: copy its program into the project: scp root@192.0.2.12:/home/ann/backend build/backend",
  ]);
  expect(made.missing.map(({ path }) => path)).toContain("services.backend.run.binary");
});

test("intentions with permissions and routing are declared as Consul has them", () => {
  const found = handMade();
  const HTTP = { PathPrefix: "/", Methods: ["GET"], Header: [{ Name: "x-team", Exact: "shop" }] };
  found.consul.entries = found.consul.entries.map((entry) =>
    entry.Kind === "service-intentions" && entry.Name === "backend"
      ? { ...entry, Sources: [{ Name: "frontend", Permissions: [{ Action: "allow", HTTP }] }] }
      : entry,
  );
  found.consul.entries.push({ Kind: "service-resolver", Name: "backend", ConnectTimeout: "5s", CreateIndex: 3 });
  found.consul.entries.push({
    Kind: "service-router",
    Name: "frontend",
    Routes: [{ Destination: { Service: "nowhere" } }],
  });
  const made = draft(found);
  expect(made.problems).toEqual([]);
  const http = { pathPrefix: "/", methods: ["GET"], header: [{ name: "x-team", exact: "shop" }] };
  expect(made.declaration.intentions).toEqual([
    { source: "frontend", destination: "backend", permissions: [{ action: "allow", http }] },
  ]);
  expect(made.declaration.configEntries).toEqual([{ kind: "service-resolver", name: "backend", connectTimeout: "5s" }]);
  expect(words(made, "foreign")).toEqual([
    "frontend: its service-router stays as it is in Consul: a declaration cannot have it",
  ]);
});
