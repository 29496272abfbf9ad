import { outageOnRestart } from "../../stacks";
import { declaration, meshOf } from "../support/shop";

test("whoever reviews a plan is told which restarts are outages", () => {
  expect(outageOnRestart(meshOf(declaration()))).toBe(
    "a restart of these is an outage, since each runs on one node: backend, edge",
  );
});

test("nothing is said of a mesh that can lose a node", () => {
  expect(outageOnRestart({ services: [], gateways: [] })).toBeUndefined();
});
