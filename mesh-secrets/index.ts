/** The secrets of a mesh: made, completed, read. */

export { makeAuthority, makeServerCertificate } from "./certificates";
export { complete } from "./complete";
export {
  authoritiesOf,
  formatSecrets,
  forRuns,
  type KeyPair,
  parseSecrets,
  type Secrets,
  SecretsError,
} from "./document";
export { type Made, makeSecrets } from "./make";
export { readSecrets, SECRETS_VARIABLE, type Source, secretsFile, secretsPlace } from "./read";
export { changeSecrets, handOver, isHandedOver, nextAuthority } from "./rotation";
export { signOfDeploy } from "./signs";
