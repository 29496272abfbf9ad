/** Compares the live mesh with the declaration. */

export { examine } from "./examine";
export { certificates, rotation } from "./rotate";
export { asText } from "./show";
