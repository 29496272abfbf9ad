import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { draftOf, meshFile, newsFor, pieces } from "../../adopt";
import { checkMesh, loadDeclaration, nodeFiles } from "../../model";
import { handMade } from "../support/hand-made";

const hostKey = (node: string) => `no file known-hosts/mine/${node}.pub yet`;

function written(found = handMade(), chosen = ["frontend", "backend", "ingress-gateway"]) {
  const draft = draftOf(found, { mesh: "mine", chosen, hostKey }, nodeFiles());
  return { draft, text: meshFile(draft.declaration, draft.remarks, (node) => `known-hosts/mine/${node}.pub`) };
}

test("the file that is written is the declaration", async () => {
  const folder = mkdtempSync("meshes/.adopt-");
  try {
    const { draft, text } = written();
    const file = join(folder, "mine.ts");
    writeFileSync(file, text.replace('"../model"', '"../../model"'));
    const loaded = await loadDeclaration(file);
    expect(loaded).toEqual({ declaration: draft.declaration });
    expect(checkMesh(draft.declaration, { ...nodeFiles(), forReview: true })).toHaveProperty("mesh");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("host keys are read from the files that trust writes", () => {
  expect(written().text).toContain(
    'worker1: { role: "worker", address: "192.0.2.11", hostKey: hostKeyFrom("known-hosts/mine/worker1.pub") },',
  );
});

test("a person reads in the file what is not taken over, and no character hides", () => {
  const found = handMade({
    backend: { program: { environmentFiles: ["/etc/web.env"], environment: { NOTE: "a\u202eb\n" } } },
  });
  const { text } = written(found);
  expect(text).toContain("    // Not taken over yet: its environment is in /etc/web.env, which was not read");
  expect(text).toContain('NOTE: "a\\u202eb\\n"');
});

test("what a declaration lacks is new, and what it has is not", () => {
  const found = handMade();
  const { declaration } = written(found).draft;
  expect(newsFor(declaration, found)).toMatchObject({ nodes: [], entries: [] });
  expect(newsFor(declaration, found).workloads.map(({ name }) => name)).toEqual(["ledger", "legacy"]);
  found.consul.members.push({ name: "worker4", address: "192.0.2.14", role: "worker", alive: true });
  found.consul.entries.push({ Kind: "service-resolver", Name: "backend" });
  const news = newsFor(declaration, found);
  expect([news.nodes, news.entries.map(({ Kind }) => Kind)]).toEqual([["worker4"], ["service-resolver"]]);
});

test("pieces are TypeScript to copy", () => {
  const { services } = written().draft.declaration;
  expect(pieces({ services: { backend: services!.backend! } })).toContain(
    '    run: { command: ["/usr/local/bin/backend", "-listen", "127.0.0.1:9002"] },',
  );
});
