import { judgeState } from "../../preflight/judge-state";
import { heads, lookAt, shop } from "../support/preflight";

const own = { ...shop, consul: { ...shop.consul, existing: false } };
const ours = { meshes: [{ name: shop.name, earlier: false }], agentMesh: shop.name };

test("nodes that know the mesh, and no state of it here", () => {
  const looks = [lookAt("server1", ours, own), lookAt("worker1", ours, own)];
  const found = judgeState(looks, { cluster: false, mesh: false });
  expect(heads(found)).toEqual(["problem: this machine: state of cluster", "problem: this machine: state of mesh"]);
  expect(found[0]?.found).toBe("there is none here, and this mesh was deployed to server1, worker1");
  expect(found[0]?.remedy).toContain("npm run state -- recover");
});

test("one of two states", () => {
  const looks = [lookAt("worker1", ours, own)];
  expect(heads(judgeState(looks, { cluster: true, mesh: false }))).toEqual(["problem: this machine: state of mesh"]);
});

test("nothing of new nodes, of another mesh's, and of states that are elsewhere", () => {
  const none = { cluster: false, mesh: false };
  expect(judgeState([lookAt("worker1", {}, own)], none)).toEqual([]);
  expect(
    judgeState([lookAt("worker1", { meshes: [{ name: "other", earlier: false }], agentMesh: "other" }, own)], none),
  ).toEqual([]);
  expect(judgeState([lookAt("worker1", ours, own)], {})).toEqual([]);
});

test("where Consul was there before, there is no state of agents", () => {
  const looks = [lookAt("worker1", ours)];
  expect(heads(judgeState(looks, { cluster: false, mesh: false }))).toEqual(["problem: this machine: state of mesh"]);
});
