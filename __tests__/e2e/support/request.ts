/** Requests to the lab's gateway. */
import { output } from "../../../toolchain";

export interface Answer {
  status: number;
  body: string;
}

/** One request to the lab. */
export async function get(url: string, headers: string[] = [], seconds = 10): Promise<Answer> {
  const arguments_ = [
    "-s",
    "-m",
    String(seconds),
    "-w",
    "\n%{http_code}",
    ...headers.flatMap((header) => ["-H", header]),
    url,
  ];
  const { stdout } = await output("curl", arguments_);
  const lines = stdout.split("\n");
  return { status: Number(lines.at(-1)), body: lines.slice(0, -1).join("\n") };
}

/** Asks once a half second until the answer has this status. */
export async function getUntil(status: number, url: string, headers: string[] = [], seconds = 30): Promise<Answer> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await get(url, headers);
    if (answer.status === status || Date.now() > end) return answer;
    await new Promise((done) => setTimeout(done, 500));
  }
}
