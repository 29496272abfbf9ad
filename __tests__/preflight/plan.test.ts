import { questionsOf } from "../../preflight/plan";
import { preflightScript } from "../../templates";
import { gateway, instanceOf, mesh, service, worker } from "../support/parts";
import { MiB, planOf, shop } from "../support/preflight";

test("a service wants its own port, its upstreams', and the two of its sidecar", () => {
  expect(planOf("worker1").ports.map(({ port, where, unit }) => `${port} ${where} ${unit}`)).toEqual([
    "9001 loopback frontend.service",
    "21001 any frontend-sidecar-proxy.service",
    "19001 loopback frontend-sidecar-proxy.service",
    "5000 loopback frontend-sidecar-proxy.service",
  ]);
});

test("a service without a port wants those of its sidecar, which are on loopback, or none", () => {
  const upstreams = [{ name: "backend", localPort: 5000 }];
  const of = (changes: object) =>
    planOf("worker1", { ...shop, instances: [instanceOf(service({ port: undefined, ...changes }))] });
  expect(of({ upstreams }).ports.map(({ port, where }) => `${port} ${where}`)).toEqual([
    ...["21001 loopback", "19001 loopback", "5000 loopback"],
  ]);
  const { ports, units } = of({});
  expect({ ports, units }).toEqual({ ports: [], units: ["frontend.service"] });
});

test("commands before a release are programs that the node needs", () => {
  const one = service({ command: ["/usr/bin/web"], binary: undefined, before: [["/usr/bin/migrate", "-v"]] });
  const { commands } = planOf("worker1", { ...shop, instances: [instanceOf(one)] });
  expect(commands.map(({ command }) => command)).toEqual(["/usr/bin/web", "/usr/bin/migrate"]);
});

test("a gateway wants its listeners' ports and its admin page's", () => {
  const listeners = [{ port: 8080, protocol: "http" as const, services: [] }];
  const { ports } = planOf("worker1", { ...shop, instances: [instanceOf(gateway({ listeners }))] });
  expect(ports.map(({ port, where, unit }) => `${port} ${where} ${unit}`)).toEqual([
    "19001 loopback ingress-gateway.service",
    "8080 any ingress-gateway.service",
  ]);
});

test("the cluster stack's agent wants Consul's ports, a server more of them", () => {
  const ports = (name: string) => planOf(name, mesh()).ports.map(({ port }) => port);
  expect(ports("worker1")).toEqual([8301, 8500, 8503, 8600]);
  expect(ports("server1")).toEqual([8300, 8501, 8301, 8500, 8503, 8600]);
  expect(Object.keys(planOf("worker1", mesh()).agentFiles)).toEqual([
    "/etc/consul.d/consul.hcl",
    "/etc/systemd/system/consul.service",
  ]);
});

test("a binary that two services share comes once", () => {
  const twice = { ...shop, instances: [...shop.instances, ...shop.instances] };
  expect([...planOf("worker1", twice).binaries.values()]).toEqual([{ path: "/build/web", bytes: 100 * MiB }]);
});

test("a retired node is asked for nothing that it would need", () => {
  const plan = planOf("worker1", { ...shop, nodes: [{ ...worker, retired: true }] });
  expect(plan).toMatchObject({ programs: [], ports: [], units: [], folders: {}, agentFiles: {} });
});

test("the questions travel as text, and a node without this version of gatehouse-node says so", () => {
  const script = preflightScript(questionsOf(planOf("worker1")), "0123456789ab");
  expect(script).toMatch(
    /^if \[ "\$\(\/opt\/gatehouse\/bin\/gatehouse-node version 2>\/dev\/null\)" != '?0123456789ab'? \]/,
  );
  const document = JSON.parse(script.slice(script.indexOf("{\n"), script.lastIndexOf("}") + 1));
  expect(document).toMatchObject({
    ports: [9001, 21001, 19001, 5000],
    units: ["consul.service", "frontend.service", "frontend-sidecar-proxy.service"],
    services: ["frontend.service"],
    names: ["frontend"],
  });
});
