/** Makes the secrets of a mesh on disk, or adds what they lack. */
import { chmodSync, statSync } from "node:fs";
import type { Mesh } from "../model";
import { complete } from "./complete";
import { readSecrets, SECRETS_VARIABLE, type Source, secretsFile, secretsPlace } from "./read";
import { replaceSecrets } from "./write";

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
  for (;;) {
    const given = readSecrets(mesh.name, from);
    const { secrets, made, wanted } = await complete(mesh, given, now);
    if (place === SECRETS_VARIABLE) return { place, made: [], wanted: [...made.map(lackingIn(place)), ...wanted] };
    const file = secretsFile(mesh.name, from.folder);
    const begins = given === undefined && wanted.length > 0;
    // Another run may have written meanwhile: its secrets are completed then.
    if ((made.length > 0 || begins) && !(await replaceSecrets(file, given, secrets))) continue;
    return { place, made: [...made, ...(given ? closed(file) : [])], wanted };
  }
}

function lackingIn(place: string): (part: string) => string {
  return (part) => `${part}: not in ${place}; make it where the file is, with the variable unset`;
}

/** Takes from others what only the owner may read. */
function closed(file: string): string[] {
  if ((statSync(file).mode & 0o077) === 0) return [];
  chmodSync(file, 0o600);
  return ["its mode 0600: others could read it"];
}
