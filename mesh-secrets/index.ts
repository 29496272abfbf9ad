/** The room's door. */
export { type KeyPair, type Secrets, SecretsError } from "./document";
export { readSecrets, SECRETS_VARIABLE, type Source, secretsFile, secretsPlace } from "./read";
