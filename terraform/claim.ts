/**
 * One run at a time in cdktf's output folder: a second one would synthesize over what the first is about to apply.
 *
 * The sign is a listening socket and not a file with a process id: when its process ends, however that happens, no process
 * listens any more, and no other process can be taken for it.
 */
import { mkdirSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join, relative } from "node:path";

/**
 * Claims the folder until this process ends.
 * @param what this run is, for the one that is refused
 * @throws when another run has it
 */
export async function claimFolder(folder: string, what: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const socket = relative("", join(folder, ".running")); // a socket's path may not be long
  const since = new Date().toTimeString().slice(0, 8);
  if (await listens(socket, `${what} (process ${process.pid}, since ${since})`)) return;
  const other = await ask(socket);
  if (other !== undefined) {
    throw new Error(`${other} is at work in ${folder}. Wait until it has ended, or use another checkout.`);
  }
  rmSync(socket, { force: true }); // of a run that was killed
  await listens(socket, what);
}

/** False when the socket is in use. Where the file system has no sockets there is nothing to claim with: true. */
function listens(socket: string, answer: string): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer((other) => other.on("error", () => {}).end(answer));
    server.on("error", (error: NodeJS.ErrnoException) => done(error.code !== "EADDRINUSE"));
    server.listen(socket, () => {
      server.unref();
      done(true);
    });
  });
}

/** The answer of the run that listens; undefined when none does. */
function ask(socket: string): Promise<string | undefined> {
  return new Promise((done) => {
    let answer = "";
    connect(socket)
      .on("data", (part) => {
        answer += part.toString();
      })
      .on("end", () => done(answer))
      .on("error", () => done(undefined));
  });
}
