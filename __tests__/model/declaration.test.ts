import { defineMesh } from "../../model";
import { fullDeclaration } from "../support/shop";

describe("defineMesh", () => {
  it("gives back what it is given", () => {
    const declaration = fullDeclaration();
    expect(defineMesh(declaration)).toBe(declaration);
  });

  it("knows the fields of the entries that Consul has a schema for", () => {
    const { configEntries } = defineMesh({
      ...fullDeclaration(),
      configEntries: [
        { kind: "service-router", name: "frontend", routes: [{ match: { http: { pathPrefix: "/" } } }] },
        { kind: "mesh", name: "mesh", anything: { goes: true } },
        // @ts-expect-error: the compiler refuses a misspelt field
        { kind: "service-router", name: "frontend", routes: [], routs: [] },
        // @ts-expect-error: and a kind that Consul does not have
        { kind: "service-routr", name: "frontend" },
      ],
    });
    expect(configEntries).toHaveLength(4);
  });
});
