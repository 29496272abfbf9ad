/** Values of a unit file. */
import type { Fault } from "../checking/problem";
import { textFault } from "./text";

/** Folders that the sandbox of a service hides: systemd.exec(5), `ProtectHome=`, and Gatehouse's own. */
const HIDDEN = ["/home", "/root", "/run/user"];

/** An absolute path on the node, as it is: systemd and the node program compare paths by their text. */
export function absolutePathFault(path: string): Fault | undefined {
  const remedy = "write the full path on the node, for example `/srv/shop`";
  if (!path.startsWith("/")) return { reason: "the path does not begin with `/`", remedy };
  if (path.split("/").some((step, at) => (step === "" && at > 0 && path !== "/") || step === "." || step === "..")) {
    return { reason: "the path has an empty step, `.` or `..` in it", remedy };
  }
  return textFault(path);
}

/** An absolute path on the node that a service in its sandbox can see. */
export function sandboxPathFault(path: string): Fault | undefined {
  const fault = absolutePathFault(path);
  if (fault) return fault;
  const hidden = HIDDEN.find((folder) => path === folder || path.startsWith(`${folder}/`));
  if (hidden === undefined) return undefined;
  return {
    reason: `a service cannot see \`${hidden}\`: its sandbox hides what belongs to people`,
    remedy: "put it elsewhere on the node, for example below `/srv` or `/opt`",
  };
}
