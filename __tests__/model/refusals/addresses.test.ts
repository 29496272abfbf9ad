import { refuses } from "../../support/refusals";
import { edited, meshOf, problemsOf } from "../../support/shop";

// biome-ignore format: one row a line
describe("addresses of Consul are refused:", () => {
  refuses([
    ["none", (d) => delete d.consul.address, "consul.address", "nothing", /no address of it is declared/, /`address: "10.0.0.10:8501"`/],
    ["an empty list alone", (d) => { delete d.consul.address; d.consul.addresses = []; }, "consul.address", "nothing", /no address of it is declared/, /`addresses`/],
    ["no list", (d) => (d.consul.addresses = "10.77.0.10:8501"), "consul.addresses", '"10.77.0.10:8501"', /./, /write a list/],
    ["one with a scheme", (d) => (d.consul.addresses = ["https://10.77.0.10:8501"]), "consul.addresses[0]", '"https://10.77.0.10:8501"', /scheme/, /./],
  ]);
});

test("several: each once, `address` first", () => {
  const several = edited((d) => (d.consul.addresses = ["10.77.0.20:8501", "10.77.0.10:8501"]));
  expect(problemsOf(several)).toEqual([]);
  const { address, addresses } = meshOf(several).consul;
  expect({ address, addresses }).toEqual({
    address: "10.77.0.10:8501",
    addresses: ["10.77.0.10:8501", "10.77.0.20:8501"],
  });
});

test("a list without `address`", () => {
  const several = edited((d) => {
    delete d.consul.address;
    d.consul.addresses = ["10.77.0.20:8501"];
  });
  expect(problemsOf(several)).toEqual([]);
  expect(meshOf(several).consul.address).toBe("10.77.0.20:8501");
});
