/** A project's folder that is gone when the test ends, and a mesh. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Made, makeSecrets, type Secrets, secretsFile } from "../../mesh-secrets";
import type { Mesh } from "../../model";

export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), "gatehouse-keys-"));

  constructor(readonly mesh: Mesh) {}

  get file(): string {
    return secretsFile(this.mesh.name, this.folder);
  }

  make(mesh: Mesh = this.mesh, now?: Date): Promise<Made> {
    return makeSecrets(mesh, { folder: this.folder, environment: {} }, now);
  }

  text(): string {
    return readFileSync(this.file, "utf8");
  }

  secrets(): Required<Secrets> {
    return JSON.parse(this.text());
  }

  write(secrets: unknown): void {
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, typeof secrets === "string" ? secrets : JSON.stringify(secrets));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
