/** Values of secret variables in the lab's secrets, as a person writes them there. */
import { readFileSync, writeFileSync } from "node:fs";
import { secretsFile } from "../../../mesh-secrets";

/** Replaces all values that are there. Whatever is given is written, to see what comes of it. */
export function plant(services: Record<string, Record<string, unknown>>): void {
  const file = secretsFile("lab");
  const secrets = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...secrets, services }), { mode: 0o600 });
}
