import { checkMesh, hostKeyFrom } from "../../model";
import { clusterGraphWith, meshGraph, programs } from "../support/graph";
import { declaration, files, meshOf } from "../support/shop";

const preconditions = (resource: Record<string, unknown>) =>
  (resource as { lifecycle?: { precondition?: { condition: string; error_message: string }[] } }).lifecycle
    ?.precondition ?? [];

test("Terraform refuses to plan a mesh whose binary is missing, and says which", () => {
  const files = {
    look: (path: string) => (path.startsWith("build/") ? ("missing" as const) : ("file" as const)),
    absolute: (path: string) => `/project/\${x}/${path}`,
    text: () => "",
    sha256: () => "",
    pack: () => ({ sha256: "", files: 1, bytes: 1 }),
    forReview: true,
  };
  const result = checkMesh(declaration(), files);
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  const graph = meshGraph(result.mesh);
  const binaries = graph.addresses.filter((address) => address.startsWith("null_resource.binary_"));
  expect(binaries).toHaveLength(2);
  for (const address of binaries) {
    expect(preconditions(graph.resource(address))).toEqual([
      {
        condition: '${path.module == ""}',
        error_message:
          "There is no file /project/$${x}/build/web. Build it, or correct `run` in the declaration of the services that run it.",
      },
    ]);
  }
});

test("nothing is refused where all is there", () => {
  const graph = meshGraph(meshOf(declaration()));
  expect(graph.addresses.filter((address) => preconditions(graph.resource(address)).length > 0)).toEqual([]);
});

test("Terraform refuses to plan where gatehouse-node is not built, and says what builds it", () => {
  const mesh = meshOf(declaration());
  const graph = clusterGraphWith(mesh, { ...programs, amd64: { ...programs.amd64, missing: true } });
  const [refusal] = preconditions(graph.resource("null_resource.program_worker1"));
  expect(refusal?.error_message).toBe(
    'gatehouse-node 0123456789ab for amd64 is not built. Say eval "$(npx gatehouse env)" in this shell, then run the command again.',
  );
});

test("Terraform refuses to plan where a host key is not known, and says what asks for it", () => {
  const declared = declaration();
  declared.nodes.worker1!.hostKey = hostKeyFrom("known-hosts/never/worker1.pub");
  const graph = clusterGraphWith(meshOf(declared, { ...files, forReview: true }), programs);
  const refused = graph.addresses.filter((address) => preconditions(graph.resource(address)).length > 0);
  expect(refused).toEqual(["null_resource.program_worker1"]);
  expect(preconditions(graph.resource(refused[0]!))[0]?.error_message).toBe(
    "The host key of node worker1 is not known. `npx gatehouse trust` asks for the key and lets you confirm it.",
  );
});
