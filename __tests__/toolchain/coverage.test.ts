import { sharesOf } from "../../toolchain/coverage";

test("a block of Go code counts once, however many packages' tests ran it or did not", () => {
  const profile = [
    "mode: set",
    "gatehouse/node/mesh/a.go:1.2,3.4 3 0",
    "gatehouse/node/mesh/a.go:5.2,6.4 1 0",
    "gatehouse/node/mesh/a.go:1.2,3.4 3 1",
    "gatehouse/node/mesh/a.go:1.2,3.4 3 0",
    "",
  ].join("\n");
  expect(sharesOf(profile)).toEqual({ covered: 3, total: 4 });
});
