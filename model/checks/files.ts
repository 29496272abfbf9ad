/** Files on the machine that deploys. */
import type { Path, Problems } from "../problem";
import type { View } from "../view";

/** Reports a file that cannot be read. Says whether there is one that can. */
export function checkFile(
  file: string | undefined,
  path: Path,
  remedy: string,
  view: View,
  problems: Problems,
): boolean {
  if (file === undefined) return false;
  const look = view.files.look(file);
  if (look === "file" || look === "executable") return true;
  const where = view.files.absolute(file);
  const reasons = {
    missing: `there is no such file (${where})`,
    unreadable: `the file cannot be read (${where})`,
    folder: `this is a folder, not a file (${where})`,
  };
  problems.add(path, file, { reason: reasons[look], remedy, onlyForDeploy: look === "missing" });
  return false;
}
