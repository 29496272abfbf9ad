/** Host keys that nodes show, and those that are declared. */

export { confirmed, type Expected, expectedFrom } from "./answers";
export { fileFor, fingerprint, type Host, hostsOf, judge, keysIn, type Verdict } from "./judge";
export { askHosts, settle } from "./settle";
