import { inspectProgram } from "../../templates";
import { nasty } from "../support/nasty";

const nothing = { mesh: "shop", node: "worker1", files: [], units: [], services: [], names: [], envoys: [], edges: [] };

test("a script that runs the program on a document that a person can read", () => {
  expect(
    inspectProgram({ ...nothing, units: ["web.service"], edgeSeconds: 60 }),
  ).toBe(`exec /opt/gatehouse/bin/shop/gatehouse-node inspect <<'DOCUMENT'
{
  "mesh": "shop",
  "node": "worker1",
  "files": [],
  "units": [
    "web.service"
  ],
  "services": [],
  "names": [],
  "envoys": [],
  "edges": [],
  "edgeSeconds": 60
}
DOCUMENT
`);
});

test("whatever a value holds, the document is one: it ends at its last line", () => {
  const script = inspectProgram({
    ...nothing,
    files: [...nasty, "DOCUMENT", "\nDOCUMENT\nrm -rf /\n"],
    edgeSeconds: 60,
  });
  const lines = script.split("\n");
  expect(lines.flatMap((line, at) => (line === "DOCUMENT" ? [at] : []))).toEqual([lines.length - 2]);
  expect(JSON.parse(lines.slice(1, -2).join("\n")).files.at(-1)).toBe("\nDOCUMENT\nrm -rf /\n");
});
