import { applyArguments } from "../../terraform/replace";

test("exactly the named resources are replaced, each once; an entry's drift needs no replacing", () => {
  const mends = [
    { stack: "mesh" as const, replace: "null_resource.b" },
    { stack: "mesh" as const },
    { stack: "mesh" as const, replace: "null_resource.a" },
    { stack: "mesh" as const, replace: "null_resource.b" },
  ];
  expect(applyArguments(mends, true)).toEqual([
    "-input=false",
    "-auto-approve",
    "-replace=null_resource.a",
    "-replace=null_resource.b",
  ]);
  expect(applyArguments([{ stack: "mesh" }], false)).toEqual([]);
});
