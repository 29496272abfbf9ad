/** Commands on the lab's nodes. */
import { ssh } from "../../../lab";

/** Runs a command on a node and expects it to go well. */
export async function on(node: string, command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await ssh(node, command);
  if (exitCode !== 0) throw new Error(`on ${node}: ${command}: exit ${exitCode}\n${stdout}\n${stderr}`);
  return stdout;
}

/** The main process of a unit. */
export const mainPid = (node: string, unit: string): Promise<string> => on(node, `systemctl show -P MainPID ${unit}`);

/** The node's own agent, with the node's token, which is on no command line. */
export const agent = (node: string, path: string): Promise<string> => {
  const header = `printf 'X-Consul-Token: %s\\n' "$(cat /opt/gatehouse/secrets/_agent.token)"`;
  return on(node, `curl -sS -H @<(${header}) http://127.0.0.1:8500/v1/${path}`);
};

/** Waits until a command on a node goes well. */
export async function untilWell(node: string, command: string, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const { exitCode, stdout, stderr } = await ssh(node, command);
    if (exitCode === 0) return;
    if (Date.now() > end) throw new Error(`on ${node}: ${command}: exit ${exitCode}\n${stdout}\n${stderr}`);
    await new Promise((done) => setTimeout(done, 300));
  }
}
