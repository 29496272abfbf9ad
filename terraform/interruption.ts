import { Ended, ExitCode } from "./ended";

/**
 * Ctrl-C during a deploy. Terraform hears it too, and ends with 0 where it had nothing left to do: the next stack must not begin
 * then.
 */
export class Interruption {
  private heard = false;
  private readonly listener = () => {
    this.heard = true;
  };

  constructor() {
    process.on("SIGINT", this.listener);
  }

  /** @throws after a Ctrl-C, with this consequence told */
  check(consequence: string): void {
    if (!this.heard) return;
    console.error(`Interrupted: ${consequence}`);
    throw new Ended(ExitCode.cancelled);
  }

  forget(): void {
    process.off("SIGINT", this.listener);
  }
}
