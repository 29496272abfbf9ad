import { refuses } from "../../support/refusals";
import { edited, meshOf, problemsOf } from "../../support/shop";

// biome-ignore format: one row a line
describe("a takeover is refused:", () => {
  refuses([
    ["of a service that is not declared", (d) => (d.takeOver = { services: ["frontent"] }), "takeOver.services[0]", '"frontent"', /there is no service/, /did you mean `frontend`/],
    ["of a gateway that is a service", (d) => (d.takeOver = { gateways: ["frontend"] }), "takeOver.gateways[0]", '"frontend"', /there is no gateway/, /name one of: edge/],
    ["that lets a gateway go which it does not take over", (d) => (d.takeOver = { letGo: ["edge"] }), "takeOver.letGo[0]", '"edge"', /only a gateway that is taken over/, /gateways: \["edge"\]/],
    ["of an entry without a kind", (d) => (d.takeOver = { configEntries: ["edge"] }), "takeOver.configEntries[0]", '"edge"', /kind and its name/, /ingress-gateway\/edge/],
    ["of an entry that the mesh does not write", (d) => (d.takeOver = { configEntries: ["ingress-gateway/edgf"] }), "takeOver.configEntries[0]", '"ingress-gateway/edgf"', /writes no such config entry/, /did you mean `ingress-gateway\/edge`/],
    ["of no list", (d) => (d.takeOver = { services: "frontend" }), "takeOver.services", '"frontend"', /./, /write a list/],
    ["of something else", (d) => (d.takeOver = { nodes: ["worker1"] }), "takeOver.nodes", /./, /./, /./],
  ]);
});

test("what is taken over stands in the mesh, each name once; without a word that is nothing", () => {
  const nothing = { services: [], gateways: [], letGo: [], configEntries: [] };
  expect(meshOf(edited(() => undefined)).takeOver).toEqual(nothing);
  const takeOver = {
    services: ["frontend", "frontend"],
    gateways: ["edge"],
    letGo: ["edge"],
    configEntries: ["ingress-gateway/edge", "service-defaults/frontend"],
  };
  const declaration = edited((d) => Object.assign(d, { takeOver }));
  expect(problemsOf(declaration)).toEqual([]);
  expect(meshOf(declaration).takeOver).toEqual({ ...takeOver, services: ["frontend"] });
});
