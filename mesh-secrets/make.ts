/** The secrets of a mesh on disk: for their owner alone, written whole or not at all. */
import { chmodSync, linkSync, mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Mesh } from "../model";
import { complete } from "./complete";
import { formatSecrets, type Secrets, SecretsError } from "./document";
import { readSecrets, SECRETS_VARIABLE, type Source, secretsFile, secretsPlace } from "./read";

/** The result of one run, without any value. */
export interface Made {
  /** Where the secrets are: the file or the variable. */
  place: string;
  made: string[];
  /** Secrets or steps that are left to a person before a deploy can pass. */
  wanted: string[];
}

/**
 * Makes the secrets of a mesh, or adds what they lack. Secrets that come from the variable are looked at and not written.
 * @throws SecretsError when what is there cannot be used; it then stays as it is
 */
export async function makeSecrets(mesh: Mesh, from: Source = {}, now: Date = new Date()): Promise<Made> {
  const place = secretsPlace(mesh.name, from);
  const given = readSecrets(mesh.name, from);
  const { secrets, made, wanted } = await complete(mesh, given, now);
  if (place === SECRETS_VARIABLE) return { place, made: [], wanted: [...made.map(lackingIn(place)), ...wanted] };
  const file = secretsFile(mesh.name, from.folder);
  const begins = given === undefined && wanted.length > 0;
  if (made.length > 0 || begins) write(file, secrets, given === undefined);
  return { place, made: [...made, ...(given ? closed(file) : [])], wanted };
}

function lackingIn(place: string): (part: string) => string {
  return (part) => `${part}: not in ${place}; make it where the file is, with the variable unset`;
}

/** A file that is new must not be there yet: of two runs at once one says so. */
function write(file: string, secrets: Secrets, isNew: boolean): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  chmodSync(dirname(file), 0o700);
  const final = isNew ? file : realpathSync(file);
  const draft = `${final}.${process.pid}`;
  try {
    writeFileSync(draft, formatSecrets(secrets), { mode: 0o600, flag: "wx" });
    if (isNew) linkSync(draft, final);
    else renameSync(draft, final);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new SecretsError(`${file}: another run made it just now. Run this again.`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Takes from others what only the owner may read. */
function closed(file: string): string[] {
  if ((statSync(file).mode & 0o077) === 0) return [];
  chmodSync(file, 0o600);
  return ["its mode 0600: others could read it"];
}
