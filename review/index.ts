/** The effect of a change of the declaration, for a pull request. */

export { compare } from "./compare";
export { FIRST_PAGE, writeReview } from "./folder";
export { LIMIT, markdown } from "./markdown";
export type { Rendered } from "./rendered";
export { ticks } from "./ticks";
