import { type MeshDeclaration, UNKNOWN_SHA256 } from "../../model";
import { compare } from "../../review/compare";
import { markdown } from "../../review/markdown";
import { type Rendered, rendered } from "../../review/rendered";
import { declaration, meshOf, severalBackends } from "../support/shop";

const sides = { from: "`main` (1111111)", to: "2222222" };
const sidesOf = (edit: (mesh: MeshDeclaration) => void, from = declaration()): [Rendered, Rendered] => {
  const changed = structuredClone(from);
  edit(changed);
  return [rendered(meshOf(from)), rendered(meshOf(changed))];
};
const changesOf = (edit: (mesh: MeshDeclaration) => void, from = declaration()) => compare(...sidesOf(edit, from));
const textOf = (edit: (mesh: MeshDeclaration) => void, limit?: number) => markdown(changesOf(edit), sides, limit);

test("nothing changed", () => {
  expect(
    markdown(
      changesOf(() => {}),
      sides,
    ),
  ).toBe(`## Mesh \`shop\`

Nothing changes on any node. Compared: \`main\` (1111111) → 2222222.

### Restarts

Nothing is restarted.

`);
});

test("one environment value of one service, in full", () => {
  const text = textOf(({ services }) => {
    services!.backend!.run.env = { LEVEL: "debug" };
  });
  expect(text).toBe(`## Mesh \`shop\`

1 changed, 1 instance restarted, **1 outage**. Compared: \`main\` (1111111) → 2222222.

### Services and gateways

- \`backend\` changes: environment (\`LEVEL\`)

### Restarts

| instance | restarts | outage |
|---|---|---|
| \`backend\` on worker2 | \`backend.service\` | **yes**: it is the only one |

### Files on the nodes

<details><summary><code>worker2:/opt/gatehouse/env/backend.env</code> +1 −0</summary>

\`\`\`diff
@@ -1,1 +1,2 @@
 # Written by Gatehouse. Edit the mesh's declaration instead.
+LEVEL="debug"
\`\`\`

</details>
`);
});

describe("what restarts, as the transaction on the machine decides it", () => {
  test("two instances: one after another, no outage", () => {
    const { restarts } = changesOf(({ services }) => {
      services!.frontend!.run.args = ["-v"];
    });
    expect(restarts).toEqual([
      { workload: "frontend", node: "worker1", units: ["frontend.service"], outage: false, instances: 2 },
      { workload: "frontend", node: "worker2", units: ["frontend.service"], outage: false, instances: 2 },
    ]);
  });

  test("two instances on one node: one after another, no outage", () => {
    const { restarts } = changesOf(({ services }) => {
      services!.backend!.run.env!.LEVEL = "debug";
    }, severalBackends(2));
    expect(restarts).toEqual([
      { workload: "backend", node: "worker2", units: ["backend.service"], outage: false, instances: 2 },
      { workload: "backend_2", node: "worker2", units: ["backend_2.service"], outage: false, instances: 2 },
    ]);
  });

  test("a new service says how many instances it has", () => {
    const text = textOf(({ services }) => {
      services!.cart = { ...severalBackends(2).services!.backend!, port: 9020 };
    });
    expect(text).toContain("- `cart` is **new**, on worker2 (2 instances)");
  });

  test("one more instance on a node restarts nothing", () => {
    const changes = compare(rendered(meshOf(severalBackends(1))), rendered(meshOf(severalBackends(2))));
    expect(changes.restarts).toEqual([]);
    expect(changes.reloads).toEqual([{ workload: "backend", node: "worker2" }]);
    expect(changes.changed).toEqual([{ name: "backend", kind: "service", what: ["1 → 2 instances on worker2"] }]);
  });

  test("a health check is told to Consul, and restarts nothing", () => {
    const changes = changesOf(({ services }) => {
      services!.backend!.health = { tcp: true, interval: "5s" };
    });
    expect(changes.restarts).toEqual([]);
    expect(changes.reloads).toEqual([{ workload: "backend", node: "worker2" }]);
    expect(markdown(changes, sides)).toContain("Consul reads the definition of `backend` on worker2 again.");
  });

  describe("configuration files", () => {
    const changes = (reload?: string) => {
      const shop = declaration();
      const configFiles = { "app.yaml": { text: "a: 1\n" }, "old.yaml": { text: "" } };
      Object.assign(shop.services!.backend!.run, { configFiles, ...(reload && { reload }) });
      return changesOf(({ services }) => {
        Object.assign(services!.backend!.run, { configFiles: { "app.yaml": { text: "a: 2\n" } } });
      }, shop);
    };

    test("restart the program", () => {
      expect(changes().restarts).toMatchObject([{ workload: "backend", units: ["backend.service"] }]);
    });

    test("are told by a signal where one is declared", () => {
      const { restarts, signals } = changes("SIGHUP");
      expect([restarts, signals]).toEqual([[], [{ workload: "backend", node: "worker2", signal: "SIGHUP" }]]);
      expect(markdown(changes("SIGHUP"), sides)).toContain("read their configuration: `backend` on worker2 (SIGHUP).");
    });
  });

  test("a route restarts nothing", () => {
    const changes = changesOf(({ gateways }) => {
      gateways!.edge!.listeners[0]!.services[0]!.hosts = ["shop.test"];
    });
    expect([changes.restarts, changes.reloads]).toEqual([[], []]);
    expect(changes.routes).toEqual({
      opened: ["edge :8080 http host shop.test -> frontend"],
      closed: ["edge :8080 http host 127.0.0.1:8080 -> frontend"],
    });
  });

  test("an instance that is added restarts no other one", () => {
    const changes = changesOf(({ services }) => {
      services!.backend!.runsOn.push("worker1");
    });
    expect(changes.restarts).toEqual([]);
    expect(changes.changed[0]).toEqual({ name: "backend", kind: "service", what: ["also runs on worker1"] });
  });
});

test("a service that comes, who may call it, and that nothing else is touched", () => {
  const text = textOf(({ services }) => {
    services!.cart = { runsOn: ["worker1"], port: 9003, protocol: "http", run: { binary: "build/web" } };
    services!.backend!.upstreams = { cart: { localPort: 5003 } };
  });
  expect(text).toContain("- `cart` is **new**, on worker1");
  expect(text).toContain("- `backend` **may now** call `cart`");
  expect(text).toContain("- new: `service-defaults/cart`");
  expect(text).not.toContain("`frontend` on");
});

test("files of a service are told by number, size and hash", () => {
  const run = (files: string) => ({ files, command: ["bin/web"] });
  const added = textOf(({ services }) => {
    services!.cart = { runsOn: ["worker1"], port: 9003, protocol: "http", run: run("folder/dist") };
  });
  expect(added).toMatch(/- `cart` is \*\*new\*\*, on worker1 \(`3 files, 3.0 MiB, 666f6c646572`\)/);
  const changed = textOf(({ services }) => {
    services!.backend!.run = run("folder/dist");
  });
  expect(changed).toContain("files (`a binary` → `3 files, 3.0 MiB, 666f6c646572`)");
});

test("a service that is removed is called no more", () => {
  const text = textOf(({ services }) => {
    delete services!.backend;
    delete services!.frontend!.upstreams;
  });
  expect(text).toContain("- `backend` is **removed** from worker2");
  expect(text).toContain("- `frontend` may **no longer** call `backend`");
});

test("a permission that gets narrower is neither opened nor closed", () => {
  const { edges } = changesOf((mesh) => {
    const permissions = [{ action: "allow" as const, http: { methods: ["GET" as const], pathPrefix: "/" } }];
    mesh.intentions = [{ source: "frontend", destination: "backend", permissions }];
  });
  expect(edges).toEqual({ opened: [], closed: [], narrowed: ["frontend -> backend"] });
});

test("machines: retired, new, recreated, and one that vanishes with all that is on it", () => {
  const { nodes } = changesOf((mesh) => {
    mesh.services!.frontend!.runsOn = ["worker2"];
    mesh.nodes.worker1!.retired = true;
    mesh.nodes.worker3 = { ...mesh.nodes.worker2!, address: "10.77.0.14" };
    mesh.nodes.worker2!.hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDi55oTxoN5ThtRrOCCZJZKI0w8pJ3vTQkv1kz3GXRxI";
  });
  expect(nodes).toEqual([
    "`worker1` is retired: it is emptied",
    "`worker2` is another machine: everything is put on it again",
    "`worker3` is new (worker)",
  ]);
  const gone = changesOf((mesh) => {
    mesh.services!.frontend!.runsOn = ["worker2"];
    delete mesh.nodes.worker1;
  });
  expect(gone.nodes).toEqual([
    "`worker1` leaves the declaration **without being retired first: what is on it stays there**",
  ]);
});

describe("binaries", () => {
  const withBinary = (mesh: Rendered, sha: string): Rendered => {
    const known = mesh.workloads.backend!.binary!;
    return JSON.parse(JSON.stringify(mesh).replaceAll(known, sha)) as Rendered;
  };
  const mesh = rendered(meshOf(declaration()));

  test("another one restarts what runs it", () => {
    const changes = compare(mesh, withBinary(mesh, "b".repeat(64)));
    expect(changes.changed.map(({ name, what }) => [name, what])).toEqual([
      ["frontend", ["binary"]],
      ["backend", ["binary"]],
    ]);
    expect(changes.restarts).toHaveLength(3);
  });

  test("one that only this side has is not called a change, and that is said", () => {
    const changes = compare(withBinary(mesh, UNKNOWN_SHA256), mesh);
    expect([changes.changed, changes.restarts, changes.files]).toEqual([[], [], []]);
    expect(markdown(changes, sides)).toContain("the binary of `frontend`, `backend`. Where it changes, its instances");
  });
});

describe("what a comment must not hold", () => {
  test("a value that looks like a secret, though its change is told", () => {
    const from = declaration();
    from.services!.backend!.run = {
      binary: "build/web",
      args: ["--api-key=marked-one", "-password", "marked-two"],
      env: { DB_PASSWORD: "marked-three four", DATABASE: "postgres://shop:marked-five@db.test/shop", LEVEL: "info" },
    };
    const text = markdown(
      changesOf(({ services }) => {
        services!.backend!.run.args = ["--api-key=marked-six", "-password", "marked-seven"];
        services!.backend!.run.env = {
          DB_PASSWORD: "marked-eight nine",
          DATABASE: "x://a:marked-ten@b",
          LEVEL: "warn",
        };
      }, from),
      sides,
    );
    expect(text).not.toContain("marked-");
    expect(text).not.toMatch(/four|nine/);
    expect(text).toContain('-LEVEL="info"');
    expect(text).toContain("-DB_PASSWORD=(not shown)");
    expect(text).toContain("+DB_PASSWORD=(not shown)");
    expect(text).toContain("environment (`DATABASE, DB_PASSWORD, LEVEL`)");
  });

  test("a text of a setting: its name is enough", () => {
    const changes = changesOf(({ services }) => {
      services!.backend!.port = 9009;
    });
    changes.changed[0]!.what = [];
    const [before, after] = sidesOf(() => {});
    before.workloads.backend!.settings = { port: 1, motd: "marked-one" };
    after.workloads.backend!.settings = { port: 2, motd: "marked-two" };
    const text = markdown(compare(before, after), sides);
    expect(text).toContain("- `backend` changes: port 1 → 2, motd\n");
    expect(text).not.toContain("marked-");
  });

  test("a key that a diff shows the middle of", () => {
    const key = (line: string) =>
      [
        "K=1",
        "-----BEGIN PRIVATE KEY-----",
        ...Array.from({ length: 9 }, (_, i) => `marked-${i}`),
        line,
        "-----END PRIVATE KEY-----",
        "",
      ].join("\n");
    const changes = changesOf(() => {});
    changes.files = [{ node: "worker1", path: "/etc/a", before: key("marked-old"), after: key("marked-new") }];
    const text = markdown(changes, sides);
    expect(text).not.toContain("marked-");
    expect(text).toContain("\n-(not shown)\n+(not shown)\n");
  });

  test("what another person's text would do in a comment: mentions, links, HTML, tables, commands", () => {
    const hostile = "@org/team <img src=x> [a](https://evil.test) `b` https://evil.test\n/close\u202e";
    const [before, after] = sidesOf(({ services }) => {
      services!.backend!.run.args = ["-v"];
    });
    const poisoned = JSON.parse(
      JSON.stringify(after)
        .replaceAll("backend", JSON.stringify(hostile).slice(1, -1))
        .replaceAll("worker1", "@worker"),
    ) as Rendered;
    for (const limit of [65_000, 2500]) {
      const text = markdown(compare(before, { ...poisoned, name: hostile }), sides, limit);
      expect(text).toContain("@org");
      const active = text
        .replace(/(`{3,})diff\n[\s\S]*?\n\1\n/g, "")
        .replace(/<code>[^<\n]*<\/code>/g, "")
        .replace(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, "")
        .replace(/<\/?(details|summary)>/g, "");
      expect(active).not.toMatch(/[@<[]|https?:|^\//m);
      expect(text).not.toContain("\u202e");
    }
  });

  test("Markdown that ends where it should not", () => {
    const changes = changesOf(() => {});
    changes.files = [{ node: "worker1", path: "/etc/<b>", before: "", after: "```\n</details>\n" }];
    const text = markdown(changes, sides);
    expect(text).toContain("<code>worker1:/etc/&lt;b&gt;</code> new</summary>\n\n````diff\n");
    expect(text).toContain("+```\n+</details>\n````\n\n</details>");
  });

  test("more than fits: the largest diffs go first, and what is left is whole", () => {
    const edit = ({ services }: MeshDeclaration) => {
      const long = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`V${i}`, "x".repeat(50)]));
      services!.backend!.run.env = long;
      services!.frontend!.run.args = ["-v"];
    };
    expect(textOf(edit).length).toBeLessThan(65_536);
    const text = textOf(edit, 6000);
    expect(text.length).toBeLessThanOrEqual(6000);
    expect(text).toContain("- `worker2:/opt/gatehouse/env/backend.env` +400 −0 (left out: it does not fit)");
    expect(text).toContain("<code>worker1:/etc/systemd/system/frontend.service</code> +1 −1</summary>");
    expect(text.split("<details>")).toHaveLength(text.split("</details>").length);
  });

  test("a thousand changes: at most 50 of a kind, within the limit", () => {
    const many = declaration();
    for (let i = 0; i < 300; i++) {
      many.services![`svc${i}`] = {
        runsOn: ["worker1"],
        port: 10_000 + i,
        protocol: "http",
        run: { binary: "build/web" },
      };
    }
    const changes = changesOf((mesh) => void Object.assign(mesh.services!, many.services));
    const text = markdown(changes, sides);
    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text).toContain("- … and 250 more");
    expect(text).toContain("The rest does not fit into a comment");
    expect(markdown(changes, sides, 2000).length).toBeLessThanOrEqual(2000);
  });
});
