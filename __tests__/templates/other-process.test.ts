/** The files and the document that a deploy brings to a node for a service whose process is another unit's. */
import type { Service } from "../../model";
import { instanceRelease } from "../../templates";
import { content, instanceOf, mesh, service } from "../support/parts";
import { documentOf } from "../support/programs";
import { declaration, meshOf, problemsOf } from "../support/shop";

const { binary: _, ...program } = service({ upstreams: [{ name: "backend", localPort: 5000 }] });
const releaseOf = (changes: Partial<Service>, owner = service({ name: "web", user: "shop" })) => {
  const one: Service = { ...program, ...changes };
  return instanceRelease(mesh({ services: [owner, one] }), instanceOf(one));
};

describe("a service of a unit that others own", () => {
  const { files, program: text } = releaseOf({ unitOfOthers: "nginx.service" });

  test("brings its definition, its sidecar and a fence, and no unit and no environment", () => {
    expect(files.map(({ path }) => path)).toEqual([
      "/etc/consul.d/frontend.hcl",
      "/etc/systemd/system/frontend-sidecar-proxy.service",
      "/opt/gatehouse/fences/frontend.json",
    ]);
  });

  test("has a sidecar that starts after the unit, and neither starts nor stops it", () => {
    const sidecar = content(files, "/etc/systemd/system/frontend-sidecar-proxy.service");
    expect(sidecar.split("\n").filter((line) => line.includes("nginx"))).toEqual([
      "After=consul.service network-online.target nginx.service",
    ]);
  });

  test("leaves the port open, whose user is not known", () => {
    const fence = JSON.parse(content(files, "/opt/gatehouse/fences/frontend.json"));
    expect(fence).toEqual({ envoy: "gatehouse-frontend_sidecar", adminPort: 19001, upstreams: [5000] });
  });

  test("tells the node which unit serves, and of no program", () => {
    const document = documentOf(text) as Record<string, unknown>;
    expect(document).toMatchObject({ unit: "nginx.service", port: 9001, health: { direct: true } });
    expect(document).not.toHaveProperty("program");
    expect(document).not.toHaveProperty("sameProcessAs");
  });

  test("is another release with another unit", () => {
    expect(releaseOf({ unitOfOthers: "caddy.service" }).hash).not.toBe(
      releaseOf({ unitOfOthers: "nginx.service" }).hash,
    );
  });
});

describe("a second port of a process", () => {
  const { files, program: text } = releaseOf({ sameProcessAs: "web" });

  test("is fenced for the user of that process", () => {
    const fence = JSON.parse(content(files, "/opt/gatehouse/fences/frontend.json"));
    expect(fence).toMatchObject({ service: "shop", port: 9001, upstreams: [5000] });
    const own = releaseOf({ sameProcessAs: "web" }, service({ name: "web" })).files;
    expect(JSON.parse(content(own, "/opt/gatehouse/fences/frontend.json")).service).toBe("gatehouse-web");
  });

  test("tells the node whose process it is", () => {
    expect(documentOf(text)).toMatchObject({ unit: "web.service", sameProcessAs: "web" });
    expect(files.map(({ path }) => path)).not.toContain("/etc/systemd/system/frontend.service");
  });
});

test("both are declared, and the process comes first", () => {
  const shop = declaration();
  shop.services!.admin = { runsOn: ["worker2"], port: 9101, protocol: "http", run: { sameProcessAs: "frontend" } };
  shop.services!.site = { runsOn: ["worker1"], port: 9180, protocol: "http", run: { unit: "nginx.service" } };
  expect(problemsOf(shop)).toEqual([]);
  const { services, instances } = meshOf(shop);
  expect(services.find(({ name }) => name === "admin")).toMatchObject({
    sameProcessAs: "frontend",
    deployAfter: ["frontend"],
  });
  expect(services.find(({ name }) => name === "site")).toMatchObject({ unitOfOthers: "nginx.service", args: [] });
  const names = instances.map(({ workload }) => workload.name);
  expect(names.indexOf("admin")).toBeGreaterThan(names.lastIndexOf("frontend"));
});
