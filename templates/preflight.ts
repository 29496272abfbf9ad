/** What the preflight asks a machine: the questions with `shell/preflight.sh` behind them, for a shell's standard input. */
import { readTemplate } from "./engine";
import { shellConf } from "./program";

export interface PreflightQuestions {
  /** Which of these are missing? */
  programs: readonly string[];
  /** Who listens on these TCP ports? */
  ports: readonly number[];
  /** Which of these units are there, and active? */
  units: readonly string[];
  /** Which of these units can be reached past the mesh? */
  services: readonly string[];
  /** Which of Consul's configuration files define these services? */
  names: readonly string[];
  /** Are these folders, or what there is of the way to them, writable, and with how much room? */
  folders: readonly string[];
  /** What is the SHA-256 of these files? */
  files: readonly string[];
}

/** None of the values holds white space: the model sees to it. */
export function preflightScript(questions: PreflightQuestions): string {
  const lists = Object.entries(questions).map(([key, list]) => [key, list.join(" ")]);
  return (
    shellConf(Object.fromEntries(lists)) + readTemplate("shell/open-ports.sh") + readTemplate("shell/preflight.sh")
  );
}
