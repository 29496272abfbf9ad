import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { Fn, TerraformStack, Testing } from "cdktf";
import type { Backend } from "../../stacks/backend-settings";
import { ClusterStack } from "../../stacks/cluster-stack";
import { addressesOf } from "../../stacks/depends-on";
import { MeshStack } from "../../stacks/mesh-stack";
import { Stack } from "../../stacks/stack";
import { programs } from "../support/graph";
import { declaration, meshOf } from "../support/shop";

const CLOUD: Backend = { kind: "cloud", organization: "shop-org" };

/** The JSON that cdktf itself would write for a stack. */
function byCdktf(stack: Stack): object {
  TerraformStack.prototype.prepareStack.call(stack);
  return TerraformStack.prototype.toTerraform.call(stack);
}

test.each([
  ["a mesh", () => new MeshStack(Testing.app(), meshOf(declaration()), programs)],
  ["its agents", () => new ClusterStack(Testing.app(), meshOf(declaration()), programs)],
  ["what runs elsewhere", () => new ClusterStack(Testing.app(), meshOf(declaration()), programs, CLOUD)],
])("%s is written as cdktf would", (_, make) => {
  const stack = make();
  expect(stack.toTerraform()).toEqual(byCdktf(stack));
});

test.each<[string, (one: Resource) => unknown]>([
  ["text", (one) => `id ${one.id}`],
  ["a call", (one) => Fn.lookup(one.triggers, "a")],
  ["a call in text", (one) => Fn.jsonencode({ id: one.id })],
  ["a key", (one) => ({ [`of ${one.id}`]: "x" })],
  ["a map", (one) => one.triggers],
  ["a number", (one) => one.getNumberAttribute("size")],
  ["a number in text", (one) => `at ${one.getNumberAttribute("size")}`],
  ["a list", (one) => one.getListAttribute("list")],
  ["a list of numbers", (one) => one.getNumberListAttribute("list")],
  ["an item", (one) => ["x", [one.id]]],
  ["an expression", (one) => one.getBooleanAttribute("on")],
])("a token is found in %s", (_, make) => {
  const stack = new Stack(Testing.app(), "mesh");
  const value = make(new Resource(stack, "one"));
  new Resource(stack, "two").addOverride("value", value);
  const expected = byCdktf(stack);
  const written = stack.toTerraform();
  expect(written).toEqual(expected);
  expect(JSON.stringify(written)).toContain("null_resource.one");
});

test("an override that would not be written is refused", () => {
  const stack = new Stack(Testing.app(), "mesh");
  expect(() => stack.addOverride("terraform.required_version")).toThrow("not supported");
});

test("two providers of one kind are both there", () => {
  const stack = new Stack(Testing.app(), "mesh");
  new NullProvider(stack, "null");
  new NullProvider(stack, "other", { alias: "other" });
  const expected = byCdktf(stack);
  expect(stack.toTerraform()).toEqual(expected);
});

test("a dependency is written as cdktf would", () => {
  const stack = new Stack(Testing.app(), "mesh");
  const one = new Resource(stack, "one");
  const given = new Resource(stack, "given", { dependsOn: [one, { fqn: one.id }] });
  const before = stack.toTerraform();
  given.dependsOn = addressesOf([one, { fqn: one.id }]);
  expect(stack.toTerraform()).toEqual(before);
});
