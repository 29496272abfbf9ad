/** Real programs, two instances each: rolled under load, broken on purpose, removed. */
import { doctorVerdict } from "../support/doctor";
import { underLoad } from "../support/load";
import { cdktf, declaration, deploy, describeOnLab, gatewayUrl, getUntil, on, plan } from "../support/mesh";
import { untilWell } from "../support/on-node";
import { askDatabase, freshLabWithPackages, prepare, programs, unitsOfOthers, withPrograms } from "../support/programs";
import { roll, workers } from "../support/rollout";

jest.setTimeout(600_000);

describeOnLab("real programs", () => {
  const all = programs();
  const names = Object.keys(all);
  let theirs = "";

  beforeAll(async () => {
    await freshLabWithPackages();
    await prepare();
    theirs = await unitsOfOthers();
    await deploy(withPrograms(all));
  });
  afterEach(async () => expect(await unitsOfOthers()).toBe(theirs));

  test("are as declared", async () => {
    expect(await plan(withPrograms(all))).toEqual([]);
    expect(await doctorVerdict(withPrograms(all))).toEqual([]);
  });

  describe.each(names)("%s", (name) => {
    const program = all[name]!;
    const headers = [`Host: ${program.host}`];
    const url = `${gatewayUrl}${program.path}`;
    const answer = async () => (await getUntil(200, url, headers)).body.trim();

    test("rolls under load, and loses nothing", async () => {
      expect(await answer()).toMatch(program.answers[0]);
      program.next(program.service);
      const { load } = await roll(
        `two instances: ${program.title}`,
        () => deploy(withPrograms(all)),
        (run) => underLoad(url, run, { qps: 100, headers }),
      );
      expect(load.codes).toEqual({ "200": load.sent });
      expect(await answer()).toMatch(program.answers[1]);
    });

    test("goes back to what served when it is broken", async () => {
      const broken = structuredClone(program.service);
      program.break(broken);
      const mesh = withPrograms({ ...all, [name]: { ...program, service: broken } });
      const { load, result } = await underLoad(url, () => cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve"), {
        qps: 100,
        headers,
      });
      expect(result.exitCode).not.toBe(0);
      expect(result.text).toMatch(
        new RegExp(`${name} is not healthy; this node went back to release \\w+, which serves`),
      );
      expect(load.codes).toEqual({ "200": load.sent });
      expect(await answer()).toMatch(program.answers[1]);
    });
  });

  test("every order was packed, by two releases of the queue worker", async () => {
    const unpacked = askDatabase("SELECT count(*) FROM orders WHERE packed_by IS NULL");
    for (const worker of workers) await untilWell(worker, `[ "$(${unpacked})" = 0 ]`, 20);
    const packers = workers.map((worker) => on(worker, askDatabase("SELECT DISTINCT packed_by FROM orders")));
    expect([...new Set((await Promise.all(packers)).join("\n").split("\n"))].sort()).toEqual(["first", "second"]);
  });

  test("are removed without leftovers, and units of others run on", async () => {
    await deploy(declaration());
    for (const worker of workers) {
      const anywhere = "ls -d /etc/systemd/system/* /etc/consul.d/* /opt/gatehouse/*/* /var/lib/* /var/lib/private/*";
      const left = `{ ${anywhere} 2>/dev/null; systemctl list-units --all --plain --no-legend | cut -d' ' -f1; }`;
      const ours = `grep -E '(^|/|gatehouse-)(${[...names, "orders"].join("|")})([-._]|$)'`;
      expect(await on(worker, `${left} | ${ours} || true`)).toBe("");
      expect(await on(worker, "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/")).toBe("200");
    }
    expect(await doctorVerdict(declaration())).toEqual([]);
  });
});
