/** What the preflight asks a machine: `shell/preflight.sh` with the questions behind it, for a shell's standard input. */
import { readTemplate } from "./engine";

export interface PreflightQuestions {
  /** Which of these are missing? */
  programs: readonly string[];
  /** Who listens on these TCP ports? */
  ports: readonly number[];
  /** Which of these units are there, and active? */
  units: readonly string[];
  /** Which of Consul's configuration files define these services? */
  names: readonly string[];
  /** Are these folders, or what there is of the way to them, writable, and with how much room? */
  folders: readonly string[];
  /** What is the SHA-256 of these files? */
  files: readonly string[];
}

/** None of the values holds white space: the model sees to it. */
export function preflightScript(questions: PreflightQuestions): string {
  const lines = Object.entries(questions).map(([key, list]) => `${key} ${list.join(" ")}\n`);
  return readTemplate("shell/preflight.sh") + lines.join("");
}
