/** The parts of a state that matter for moving it. */
export interface State {
  version: number;
  serial: number;
  lineage: string;
  resources: { type: string; name: string; instances?: { attributes: Record<string, string> }[] }[];
}

/** A run elsewhere begins in an empty folder: it has no files for review, and would drop them from the state. */
const RUNS_ELSEWHERE = ["cloud", "remote"];

/**
 * The state as it is written to the new place.
 * @param there what is in that place now
 * @throws when something is there already
 */
export function moved(state: State, there: State | undefined, stack: string, to: string): State {
  if (there && there.resources.length > 0) {
    throw new Error(
      `${to} has a state of ${stack} already, with ${there.resources.length} resources. Nothing of ${stack} was moved. ` +
        "Look at both, and destroy or remove the one that is not wanted.",
    );
  }
  const resources = RUNS_ELSEWHERE.includes(to)
    ? state.resources.filter(({ type }) => type !== "local_file")
    : state.resources;
  // A state that was moved away from there before has the same lineage, and would win with a higher serial.
  const lineage = there?.lineage || state.lineage;
  return { ...state, lineage, serial: Math.max(state.serial, there?.serial ?? 0) + 1, resources };
}

/** The state that is left in the old place. */
export function emptied(state: State): State {
  return { ...state, serial: state.serial + 1, resources: [] };
}
