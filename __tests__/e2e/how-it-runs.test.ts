/** Services that run a command of the node, with a user, folders and limits. */
import type { MeshDeclaration } from "../../model";
import { declaration, deploy, describeOnLab, freshLab, gatewayUrl, getUntil, on, plan } from "./support/mesh";

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
