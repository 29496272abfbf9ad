import { edited, meshOf, problemsOf } from "../../support/declaration";
import { refuses } from "../../support/refusals";

// biome-ignore format: one row a line
describe("a takeover is refused:", () => {
  refuses([
    ["of a service that is not declared", (d) => (d.takeOver = { services: ["frontent"] }), "takeOver.services[0]", '"frontent"', /there is no service/, /did you mean `frontend`/],
    ["of a gateway that is a service", (d) => (d.takeOver = { gateways: ["frontend"] }), "takeOver.gateways[0]", '"frontend"', /there is no gateway/, /name one of: web/],
    ["that lets a gateway go which it does not take over", (d) => (d.takeOver = { letGo: ["web"] }), "takeOver.letGo[0]", '"web"', /only a gateway that is taken over/, /gateways: \["web"\]/],
    ["of an entry without a kind", (d) => (d.takeOver = { configEntries: ["web"] }), "takeOver.configEntries[0]", '"web"', /kind and its name/, /ingress-gateway\/edge/],
    ["of an entry that the mesh does not write", (d) => (d.takeOver = { configEntries: ["ingress-gateway/wep"] }), "takeOver.configEntries[0]", '"ingress-gateway/wep"', /writes no such config entry/, /did you mean `ingress-gateway\/web`/],
    ["of no list", (d) => (d.takeOver = { services: "frontend" }), "takeOver.services", '"frontend"', /./, /write a list/],
    ["of something else", (d) => (d.takeOver = { nodes: ["worker1"] }), "takeOver.nodes", /./, /./, /./],
  ]);
});

test("what is taken over stands in the mesh, each name once; without a word that is nothing", () => {
  const nothing = { services: [], gateways: [], letGo: [], configEntries: [] };
  expect(meshOf(edited(() => undefined)).takeOver).toEqual(nothing);
  const takeOver = {
    services: ["frontend", "frontend"],
    gateways: ["web"],
    letGo: ["web"],
    configEntries: ["ingress-gateway/web", "service-defaults/frontend"],
  };
  const declaration = edited((d) => Object.assign(d, { takeOver }));
  expect(problemsOf(declaration)).toEqual([]);
  expect(meshOf(declaration).takeOver).toEqual({ ...takeOver, services: ["frontend"] });
});
