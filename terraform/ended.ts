/** Ends a run whose reason has been told, with this exit code. */
export class Ended extends Error {
  constructor(readonly exitCode: number) {
    super(`ended with ${exitCode}`);
  }
}

/** The exit codes of a deploy that Terraform does not have. */
export const ExitCode = {
  /** A run was cancelled or discarded: its stack is not deployed, and the stacks after it were not begun. */
  cancelled: 3,
  /** Another run of the workspace is in the way. */
  occupied: 4,
} as const;

/** The exit code of work that may end early. */
export async function exitCodeOf(work: Promise<number>): Promise<number> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Ended) return error.exitCode;
    throw error;
  }
}
