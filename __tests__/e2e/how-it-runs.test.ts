/** Services that run a command of the node, with a user, folders and limits; files of the project; artifacts. */
import { writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { MeshDeclaration } from "../../model";
import { doctor, doctorVerdict } from "./support/doctor";
import { apps, examples, prepare } from "./support/examples";
import { underLoad } from "./support/load";
import {
  cdktf,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  get,
  getUntil,
  on,
  plan,
} from "./support/mesh";

jest.setTimeout(300_000);

type Service = NonNullable<MeshDeclaration["services"]>[string];

/** An HTTP server of one line: every node has perl. It answers with what `$answer` evaluates to. */
const perl = (port: string, answer: string) => [
  "/usr/bin/perl",
  "-MIO::Socket::INET",
  "-e",
  `$| = 1; my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:${port}", Listen => 9, ReuseAddr => 1) or die $!;` +
    `while (my $c = $s->accept) { my $q = <$c>; 1 while <$c> =~ /\\S/; my $a = ${answer};` +
    'print $c "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: ", length $a, "\\r\\n\\r\\n$a"; close $c }',
];

/** Counts its starts in its state directory, and says so with its user, its folder and its file limit. */
const counting = `do { open my $f, ">>", "$ENV{STATE_DIRECTORY}/starts"; print $f "x"; close $f;
  (-s "$ENV{STATE_DIRECTORY}/starts") . " " . getpwuid($<) . " " . $ENV{PWD} }`.replace(/\n\s*/g, " ");

function mesh(changes: Partial<Service["run"]> = {}): MeshDeclaration {
  const shop = declaration();
  const { backend } = shop.services!;
  backend!.run = {
    command: perl("9002", counting),
    stateDirectory: true,
    user: "www-data",
    workingDirectory: "/srv",
    readWritePaths: ["/srv"],
    limits: { memoryMax: "128M", openFiles: 4096, tasks: 64 },
    stopTimeout: "5s",
    ...changes,
  } as Service["run"];
  return shop;
}

describeOnLab("a command of the node", () => {
  beforeAll(async () => {
    await freshLab();
    await deploy(mesh());
  });

  test("serves as the declared user, in its folder, with its limits", async () => {
    expect((await getUntil(200, gatewayUrl)).body).toMatch(/^\d+ www-data \/srv$/);
    expect(await on("worker2", "systemctl show -P MemoryMax -P LimitNOFILE -P TasksMax backend")).toBe(
      `${128 * 2 ** 20}\n4096\n64`,
    );
    expect(await on("worker2", "stat -c '%U %a' /var/lib/gatehouse-backend")).toBe("www-data 700");
    expect(await plan(mesh())).toEqual([]);
  });

  test("keeps its state over a release, a change of its user and its removal, until it is purged", async () => {
    await deploy(mesh({ env: { RELEASE: "2" } }));
    const before = Number((await getUntil(200, gatewayUrl)).body.split(" ")[0]);
    expect(before).toBeGreaterThan(2);

    await deploy(mesh({ user: undefined, readWritePaths: [], purge: true }));
    const [count, user] = (await getUntil(200, gatewayUrl)).body.split(" ");
    expect(Number(count)).toBeGreaterThan(before);
    expect(user).toBe("gatehouse-backend");
  });
});

describeOnLab("files and artifacts", () => {
  let server: Server;
  const binaries = (node: string) => on(node, "ls /opt/gatehouse/binaries");
  const failing = async (mesh: MeshDeclaration) => {
    const { exitCode, text } = await cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve");
    expect(exitCode).not.toBe(0);
    return text;
  };

  beforeAll(async () => {
    server = await prepare();
    await deploy(examples());
  });
  afterAll(() => server?.close());

  test("serve, each from a folder that only root can change", async () => {
    expect((await getUntil(200, gatewayUrl)).body).toMatch(/^Hello, mesh, from Node.js v/);
    expect((await getUntil(200, gatewayUrl, ["Host: python.test"])).body).toMatch(/from Python 3/);
    expect((await getUntil(200, gatewayUrl, ["Host: fetched.test"])).body).toBe("Hello from an artifact\n");
    const folder = await on("worker1", "systemctl show -P WorkingDirectory nodejs");
    expect(folder).toMatch(/^\/opt\/gatehouse\/binaries\/[0-9a-f]{64}\/files$/);
    expect(await on("worker1", `cd ${folder} && stat -c '%n %U %a' . lib server.js`)).toBe(
      ". root 755\nlib root 755\nserver.js root 644",
    );
    expect(await on("worker1", "ls /opt/gatehouse/incoming/lab")).toBe("");
    expect(await plan(examples())).toEqual([]);
    expect(await doctorVerdict(examples())).toEqual([]);
  });

  test("a changed file rolls without a lost request", async () => {
    writeFileSync(`${apps}/nodejs/lib/greeting.js`, "exports.greeting = () => 'second';");
    expect(await plan(examples())).toEqual(
      ["worker1", "worker2"]
        .map((node) => `null_resource.instance_nodejs_${node} replaced`)
        .concat([expect.stringMatching(/^null_resource.binary_worker1_\w+ created$/)] as never[]),
    );
    const { load } = await underLoad(gatewayUrl, () => deploy(examples()), { qps: 100 });
    expect(load.codes).toEqual({ "200": load.sent });
    expect((await get(gatewayUrl)).body).toBe("second\n");
  });

  test("a broken one goes back to what served", async () => {
    writeFileSync(`${apps}/nodejs/server.js`, "throw new Error('broken on purpose');");
    const text = await failing(examples());
    expect(text).toMatch(/nodejs is not healthy; this node went back to release \w+, which serves/);
    expect((await getUntil(200, gatewayUrl)).body).toBe("second\n");
  });

  test("an artifact that is not there, or cannot start, changes nothing", async () => {
    const text = await failing(examples({ file: "none.tar.gz", first: "#!/usr/bin/python3" }));
    expect(text).toContain("could not be fetched from http://10.77.0.1:8000/none.tar.gz: the answer is 404 Not Found");
    expect(await failing(examples({ first: "#!/usr/bin/ruby" }))).toMatch(
      /bin\/hello cannot be started: the program that starts it is not on this node: \/usr\/bin\/ruby; nothing was changed/,
    );
    expect((await get(gatewayUrl, ["Host: fetched.test"])).status).toBe(200);
  });

  test("the doctor finds a changed file, and puts it back", async () => {
    writeFileSync(
      `${apps}/nodejs/server.js`,
      "require('./lib/greeting.js'); require('node:http')" +
        ".createServer((_, answer) => answer.end('third')).listen(9021, '127.0.0.1');",
    );
    await deploy(examples());
    const folder = await on("worker1", "systemctl show -P WorkingDirectory nodejs");
    await on("worker1", `echo 'process.exit(1);' >${folder}/server.js`);
    expect(await doctorVerdict(examples())).toEqual([expect.stringContaining(`worker1 ${folder}`)]);
    await doctor(examples(), "--fix");
    expect(await doctorVerdict(examples())).toEqual([]);
    expect((await getUntil(200, gatewayUrl)).body).toBe("third");
  });

  test("go without leftovers", async () => {
    await deploy(mesh());
    expect(
      [await binaries("worker1"), await binaries("worker2")].map((all) => all.split("\n").filter(Boolean).length),
    ).toEqual([1, 0]);
    expect(await doctorVerdict(mesh())).toEqual([]);
  });
});
