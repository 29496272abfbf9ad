/** `gatehouse state`: moves the states of a mesh to another backend, or makes a lost one again. */
import type { Call } from "./gatehouse";

const USAGE = [
  "Write: npx gatehouse state move FROM TO     for example: npx gatehouse state move local cloud",
  "or, when the state is lost: npx gatehouse state recover",
].join("\n");

export async function run({ own: [action, ...rest] }: Call): Promise<number> {
  if (action === "recover") {
    const { recoverState } = require("./recover") as typeof import("./recover");
    return recoverState(rest);
  }
  const [from, to, ...more] = rest;
  if (action !== "move" || !from || !to || more.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const { moveStates } = require("../terraform") as typeof import("../terraform");
  await moveStates(from, to);
  return 0;
}
