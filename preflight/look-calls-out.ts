/** Asks Consul about the services that others run, and whether it lets this mesh call them. */
import type { Mesh } from "../model";
import { askIfThere, mapLimit } from "../nodes";
import type { OtherFacts } from "./judge-calls-out";

/** Requests at once. */
const WIDTH = 8;

/** None where Consul does not answer: before the first deploy there is none, and else `askConsul` makes the finding. */
export async function askCallsOut(mesh: Mesh, timeout: number): Promise<OtherFacts[]> {
  const ask = (path: string, query?: Record<string, string>) => askIfThere(mesh, path, { timeout, query });
  const factsOf = async ({ name }: { name: string }): Promise<OtherFacts> => {
    const [instances, chain, entry] = await Promise.all([
      ask(`catalog/service/${encodeURIComponent(name)}`),
      ask(`discovery-chain/${encodeURIComponent(name)}`),
      ask(`config/service-intentions/${encodeURIComponent(name)}`),
    ]);
    const callers = mesh.callsToOthers.filter(({ destination }) => destination === name).map(({ source }) => source);
    const byRequest = ((entry?.Sources ?? []) as { Name: string; Permissions?: unknown[] | null }[])
      .filter(({ Permissions }) => Permissions)
      .map(({ Name }) => Name);
    const refused = await mapLimit(callers, WIDTH, async (source) => {
      if (byRequest.includes(source) || byRequest.includes("*")) return [];
      const check = await ask("connect/intentions/check", { source, destination: name });
      return check?.Allowed === false ? [source] : [];
    });
    return { name, instances: instances?.length ?? 0, protocol: chain?.Chain?.Protocol, refused: refused.flat() };
  };
  try {
    return await Promise.all(mesh.others.map(factsOf));
  } catch {
    return [];
  }
}
