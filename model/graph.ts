/** The one graph algorithm that the model needs. */

/**
 * Groups of nodes that reach one another (strongly connected components), a group after every group it points to.
 * `edges[i]` lists the nodes that `i` points to. Tarjan's algorithm, with its own stack instead of recursion so that
 * a chain of thousands of services does not exhaust JavaScript's; linear in nodes and edges.
 */
export function components(edges: readonly (readonly number[])[]): number[][] {
  const found: number[][] = [];
  const index = new Int32Array(edges.length).fill(-1);
  const low = new Int32Array(edges.length);
  const next = new Int32Array(edges.length);
  const open: number[] = [];
  const isOpen = new Uint8Array(edges.length);
  let visited = 0;
  const walk: number[] = [];

  const enter = (node: number) => {
    index[node] = low[node] = visited++;
    open.push(node);
    isOpen[node] = 1;
    walk.push(node);
  };
  const leave = (node: number) => {
    walk.pop();
    const caller = walk.at(-1);
    if (caller !== undefined) low[caller] = Math.min(low[caller]!, low[node]!);
    if (low[node] !== index[node]) return;
    const group = open.splice(open.lastIndexOf(node));
    for (const member of group) isOpen[member] = 0;
    found.push(group.sort((a, b) => a - b));
  };

  for (let root = 0; root < edges.length; root++) {
    if (index[root] === -1) enter(root);
    while (walk.length > 0) {
      const node = walk.at(-1)!;
      const target = edges[node]![next[node]!++];
      if (target === undefined) leave(node);
      else if (index[target] === -1) enter(target);
      else if (isOpen[target]) low[node] = Math.min(low[node]!, index[target]!);
    }
  }
  return found;
}
