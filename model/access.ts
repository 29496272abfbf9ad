/** Who may read and change files on a node. `layout.access` is this. */

/** Mode of a file and who owns it. */
export interface Access {
  /** Octal, for example "0644". */
  mode: string;
  owner: "root:root" | "root:consul";
}

/** The kinds of access that files on a node have. */
export const access = {
  anyone: { mode: "0644", owner: "root:root" },
  program: { mode: "0755", owner: "root:root" },
  /** Secrets that Consul's agent reads. */
  consulOnly: { mode: "0640", owner: "root:consul" },
  rootOnly: { mode: "0600", owner: "root:root" },
} as const satisfies Record<string, Access>;
