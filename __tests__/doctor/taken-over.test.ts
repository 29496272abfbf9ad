import { compareNode } from "../../doctor/node";
import { expectedNode, healthyReport, runningUnit } from "../support/doctor";
import { declaration, meshOf } from "../support/shop";

const gateway = {
  ...{ ID: "edge", Service: "edge", Kind: "ingress-gateway" },
  ...{ Port: 0, Of: "", Mesh: "", Upstreams: [], Rest: {} },
};

/** server1, where a gateway that was made by hand runs. */
function server(letGo: string[]) {
  const declared = declaration();
  declared.takeOver = { gateways: ["edge"], letGo };
  const mesh = meshOf(declared);
  const expected = expectedNode("server1", mesh);
  const report = healthyReport(expected, mesh);
  report.units.push({ ...runningUnit("edge.service") });
  report.services!.push(gateway);
  return compareNode(mesh, expected, report, [], ["edge"]);
}

test("a gateway that goes on serving until it is let go is a note", () => {
  const found = server([]).filter(({ where }) => where.what.includes("edge"));
  expect(found.map(({ severity, where }) => `${severity} ${where.on}: ${where.what}`)).toEqual([
    "note server1: edge.service",
    "note server1: registration edge",
  ]);
  expect(found[0]!.remedy).toContain('letGo: ["edge"]');
});

test("one that was let go and is still there is none as declared", () => {
  const found = server(["edge"]).filter(({ where }) => where.what.includes("edge"));
  expect(found.map(({ severity }) => severity)).toEqual(["problem", "problem"]);
});

test("what keeps the ports of others' sidecars, and the token for config entries of others, belong there", () => {
  const expected = expectedNode("worker1");
  const report = healthyReport(expected);
  report.written.push("/etc/consul.d/00-gatehouse-ports.hcl");
  report.tree.push({ path: "/opt/gatehouse/secrets/_taken.shop.token", type: "f", target: "" });
  expect(compareNode(meshOf(declaration()), expected, report, [], [])).toEqual([]);
});
