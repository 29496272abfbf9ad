/** Differences between two looks at a node's files that say nothing about the mesh. */

/** `useradd` and `userdel` keep the earlier /etc/passwd as /etc/passwd-, and so on. */
export function withoutAccountBackups(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !/^\/etc\/g?(passwd|group|shadow)-$/.test(path)));
}

/**
 * An instance that was removed and deployed again has another token, whose file the doctor compares but for its content. A node that
 * was set up again has made another certificate for itself. Each run of a program has a record of its own.
 */
export function withoutTokens(files: Record<string, string>): Record<string, string> {
  const hasToken = (path: string, what: string) =>
    /\.token$|\/tls\/xds[-a-z]*\.pem$/.test(path) ||
    (path.startsWith("/etc/consul.d/") && what.startsWith("file 640 "));
  const isRecord = (path: string) => path.startsWith("/opt/gatehouse/ran/");
  return Object.fromEntries(
    Object.entries(files)
      .filter(([path]) => !isRecord(path))
      .map(([path, what]) => [path, hasToken(path, what) ? what.replace(/ \S+$/, "") : what]),
  );
}
