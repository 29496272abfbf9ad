/** Findings of the preflight and of the doctor, for people and for programs. */

export {
  exitCodeOf,
  type Finding,
  type Fix,
  HERE,
  type Judgement,
  lineOf,
  note,
  type Place,
  placeText,
  problem,
  type Severity,
  warning,
} from "./finding";
export { doctorJson, preflightJson } from "./json";
export { OWN_KINDS, ownEntryRemedy, ownEntryWhy, writerOf } from "./own-entry";
export { operand, printable, printableJson, shellWord } from "./printable";
export { alike, block, counts, findingsTable, table } from "./text";
export { unseen } from "./unseen";
