/** How machines are reached: one way to log in, and key files that are there. */
import type { SshDeclaration } from "../declaration";
import type { Path, Problems } from "../problem";
import { effectiveSsh } from "../ssh";
import { hasBroken, isBroken, type Sound, type View } from "../view";
import { checkFile } from "./files";

export function checkSsh(view: View, problems: Problems): void {
  const mesh = view.declaration.ssh;
  if (mesh) checkOneSsh(mesh, ["ssh"], view, problems);
  for (const [name, { ssh }] of view.nodes.entries) if (ssh) checkOneSsh(ssh, ["nodes", name, "ssh"], view, problems);
  if (mesh && !view.files.keysElsewhere) checkLogins(mesh, view, problems);
}

function checkOneSsh(ssh: Sound<SshDeclaration>, path: Path, view: View, problems: Problems): void {
  if (ssh.agent === true && ssh.privateKeyFile !== undefined) {
    problems.add([...path, "agent"], ssh.agent, {
      reason: "both an agent and a key file are given, and only one of them can be used",
      remedy: "keep `agent: true` or `privateKeyFile`, not both",
    });
  }
  const keyFile = "write the path of a private key file from the project's folder, or set `agent: true`";
  if (view.files.keysElsewhere) return;
  checkFile(ssh.privateKeyFile, [...path, "privateKeyFile"], keyFile, view, problems);
  checkFile(ssh.bastion?.privateKeyFile, [...path, "bastion", "privateKeyFile"], keyFile, view, problems);
}

/** Every node needs a key file or the agent. What is missing for all is told once, at the mesh's `ssh`. */
function checkLogins(mesh: Sound<SshDeclaration>, view: View, problems: Problems): void {
  const nodes = view.nodes.entries;
  const noLogin = (ssh: Sound<SshDeclaration>) => {
    const { agent, privateKeyFile } = effectiveSsh(mesh as SshDeclaration, ssh as SshDeclaration);
    const unclear = hasBroken(mesh) || hasBroken(ssh);
    return !unclear && agent !== true && privateKeyFile === undefined;
  };
  const reason = "there is neither a key file nor an agent to log in with";
  const remedy = 'add `privateKeyFile: "<path of the private key>"`, or `agent: true`';
  if (noLogin({}) && nodes.every(([, { ssh }]) => !ssh || noLogin(ssh))) {
    problems.add(["ssh", "privateKeyFile"], undefined, { reason, remedy });
    return;
  }
  for (const [name, node] of nodes) {
    if (isBroken(node, "ssh") || !noLogin(node.ssh ?? {})) continue;
    const path = node.ssh ? ["nodes", name, "ssh", "privateKeyFile"] : ["nodes", name, "ssh"];
    problems.add(path, undefined, { reason: `${reason} on this node`, remedy });
  }
}
