/** Finds again what a lost state or a lost secrets file knew. */

export { readConsul, removeLeftOver } from "./consul";
export { IMPORTS, importsFor, leftOver, lostFrom, type PulledState, type SynthesizedStack } from "./imports";
export { READ_SECRETS, type ReadServer, secretsFrom } from "./secrets";
