import { LONGEST_NAME } from "../../model";
import { unitUser } from "../../templates/unit-user";

/** systemd's strict form of a user's name: systemd.io/USER_NAMES. */
const VALID = /^[a-z_][a-z0-9_-]{0,30}$/;

test.each(["root", "deploy", "users", "video", "machine", "1"])(
  "a service called %s runs as a user of its own",
  (name) => {
    expect(unitUser(name)).toBe(`gatehouse-${name}`);
    expect(unitUser(name)).toMatch(VALID);
  },
);

test("the sidecar has another user than its service, whatever other services are called", () => {
  const names = ["shop", "shop-sidecar", "shop-proxy"];
  const users = names.flatMap((name) => [unitUser(name), unitUser(name, "sidecar")]);
  expect(new Set(users).size).toBe(users.length);
  for (const user of users) expect(user).toMatch(VALID);
});

test("a name that is too long for a user becomes a hash, which differs from those of its like", () => {
  const long = (end: string) => `${"a".repeat(LONGEST_NAME - 1)}${end}`;
  const users = [unitUser(long("b")), unitUser(long("c")), unitUser(long("b"), "sidecar")];
  for (const user of users) expect(user).toMatch(VALID);
  expect(new Set(users).size).toBe(users.length);
});
