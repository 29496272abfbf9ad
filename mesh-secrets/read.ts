/** Where the secrets of a mesh are, and reading them. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseSecrets, type Secrets, SecretsError } from "./document";

/** Holds the whole document where there is no file, as in a remote run. It comes first. */
export const SECRETS_VARIABLE = "TF_VAR_gatehouse_secrets";

/** The absolute path of the mesh's secrets, in the project's folder. */
export function secretsFile(mesh: string, folder: string = process.cwd()): string {
  return resolve(folder, "secrets", `${mesh}.json`);
}

/** Where the secrets of a mesh come from, in words for a person. */
export function secretsPlace(mesh: string, from: Source = {}): string {
  return inVariable(from) === undefined ? secretsFile(mesh, from.folder) : SECRETS_VARIABLE;
}

/** Where to look. */
export interface Source {
  /** The project's folder. @default the working directory */
  folder?: string;
  /** @default this process's */
  environment?: NodeJS.ProcessEnv;
}

/**
 * The secrets of a mesh, from the variable or else the file. Undefined when neither is there.
 * @throws SecretsError when they are there and cannot be used
 */
export function readSecrets(mesh: string, from: Source = {}): Secrets | undefined {
  const place = secretsPlace(mesh, from);
  const text = inVariable(from);
  return text === undefined ? readFile(place) : parseSecrets(text, place);
}

/** The secrets in a file. Undefined when it is not there. */
export function readFile(path: string): Secrets | undefined {
  const text = inFile(path);
  return text === undefined ? undefined : parseSecrets(text, path);
}

function inVariable({ environment = process.env }: Source): string | undefined {
  return environment[SECRETS_VARIABLE] || undefined;
}

function inFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new SecretsError(`${path} cannot be read: ${message}. Give it to the user who deploys, mode 0600.`);
  }
}
