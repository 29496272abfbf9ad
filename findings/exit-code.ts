import { printable } from "./printable";

/** Ends a command with the exit code that it returns, or with its error and 2: it could not do what was asked. */
export function exitWith(command: Promise<number>): void {
  command.then(
    (code) => {
      process.exitCode = code;
    },
    (error: Error) => {
      console.error(error.message.split("\n").map(printable).join("\n"));
      process.exitCode = 2;
    },
  );
}
