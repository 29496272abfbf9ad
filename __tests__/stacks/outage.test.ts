import { outageOnRestart } from "../../stacks";
import { declaration, meshOf, severalBackends } from "../support/shop";

test("whoever reviews a plan is told which restarts are outages", () => {
  expect(outageOnRestart(meshOf(declaration()))).toBe(
    "a restart of these is an outage, since each runs on one node: backend, edge",
  );
});

test("two instances on one node stand in for each other", () => {
  expect(outageOnRestart(meshOf(severalBackends(2)))).toMatch(/: edge$/);
});

test("nothing is said of a mesh that can lose a node", () => {
  expect(outageOnRestart({ services: [], gateways: [] })).toBeUndefined();
});
