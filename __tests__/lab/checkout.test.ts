import { type LabNode, otherCheckout, refusal } from "../../lab/checkout";

const here = { folder: "/src/here", key: "ssh-ed25519 AAAAhere gatehouse-lab" };
const exists = (folder: string): boolean => folder !== "/src/gone";
const other = "ssh-ed25519 AAAAother gatehouse-lab\n";
const node = (changes: Partial<LabNode> = {}): LabNode => ({
  name: "worker1",
  checkout: here.folder,
  authorized: `${here.key}\n`,
  ...changes,
});
const found = (...nodes: LabNode[]) => otherCheckout(nodes, here, exists);

describe("the nodes on this host", () => {
  test.each<[string, LabNode[]]>([
    ["there are none", []],
    ["this checkout made them", [node()]],
    ["an older version of this checkout made them", [node({ checkout: undefined })]],
    ["this checkout made them and was moved since", [node({ checkout: "/src/gone" })]],
    ["another key may log in too", [node({ authorized: `ssh-rsa BBBB x\n${here.key}\n` })]],
    ["nothing says who made them", [node({ checkout: undefined, authorized: undefined })]],
  ])("are of this checkout when %s", (_, nodes) => {
    expect(found(...nodes)).toBeUndefined();
  });

  test.each<[string, Partial<LabNode>, string | undefined]>([
    ["another one made them", { checkout: "/src/other", authorized: other }, "/src/other"],
    ["another one made them and was removed since", { checkout: "/src/gone", authorized: other }, "/src/gone"],
    ["another one, of which this one is a copy, made them", { checkout: "/src/other" }, "/src/other"],
    ["an older version of another one made them", { checkout: undefined, authorized: other }, undefined],
    ["they have no file of ssh keys", { checkout: "/src/other", authorized: undefined }, "/src/other"],
  ])("are of another checkout when %s", (_, changes, folder) => {
    expect(found(node(), node({ name: "worker2", ...changes }))).toEqual({ folder, nodes: ["worker2"] });
  });

  test("are not of this checkout any more when its keys were made again", () => {
    expect(found(node({ authorized: other }))).toEqual({ folder: here.folder, nodes: ["worker1"] });
  });

  test("are not of a checkout that has no key yet", () => {
    expect(otherCheckout([node({ checkout: undefined })], { folder: "/src/new", key: undefined }, exists)).toEqual({
      folder: undefined,
      nodes: ["worker1"],
    });
  });
});

describe("a person reads", () => {
  test("whose lab it is, what that means and what to do", () => {
    expect(refusal({ folder: "/src/other", nodes: ["server1", "worker1"] }, "/src/here")).toBe(`\
The lab of another checkout runs on this host: /src/other (nodes: server1, worker1).
Its ssh keys and the secrets of its mesh are in that checkout, so this one can neither log in to the nodes nor verify their certificates.
Nothing was changed. Either use that checkout, or take the lab over, which loses what is on its nodes:
  npm run lab          in /src/other
  npm run lab:reset    here: makes the nodes as new for this checkout; then npm run lab`);
  });

  test("that the path is not known", () => {
    const text = refusal({ folder: undefined, nodes: ["worker1"] }, "/src/here");
    expect(text).toContain("The lab of another checkout runs on this host (nodes: worker1).");
    expect(text).toContain("  npm run lab          in that checkout\n");
  });

  test("that the keys of this checkout are no longer those of its lab", () => {
    const text = refusal({ folder: "/src/here", nodes: ["worker1"] }, "/src/here");
    expect(text).toContain("The lab on this host (nodes: worker1) has other ssh keys than this checkout");
    expect(text).toContain("npm run lab:reset");
    expect(text).not.toContain("in /src/here");
  });
});
