/** Asks the databases of known vulnerabilities about the dependencies. */
import { goTools } from "./go";
import type { Report } from "./parts";
import { type Output, output } from "./process";

/** The result of one audit. */
export interface Audit {
  of: string;
  /** `unknown` where the database did not answer: that is no clean result. */
  result: "clean" | "found" | "unknown";
  /** For a person. */
  text: string;
}

/** Go's own program for it. It is no dependency: it is fetched and run each time. */
const GOVULNCHECK = "golang.org/x/vuln/cmd/govulncheck@v1.1.4";

/** Asks npm's registry about the packages in package-lock.json. */
export async function auditNpm(): Promise<Audit> {
  return npmAudit(await output("npm", ["audit", "--json"]));
}

/** The meaning of what `npm audit --json` printed. */
export function npmAudit({ stdout, stderr }: Output): Audit {
  const of = "npm";
  const { vulnerabilities, message } = parsed(stdout) as {
    vulnerabilities?: Record<string, Vulnerability>;
    message?: string;
  };
  if (!vulnerabilities) return { of, result: "unknown", text: message ?? lastLines(stderr || stdout) };
  const lines = Object.values(vulnerabilities).map(
    ({ name, severity, range, fixAvailable }) =>
      `${name} ${range}: ${severity}${fixAvailable ? "" : ", and no version without it"}`,
  );
  return { of, result: lines.length > 0 ? "found" : "clean", text: lines.join("\n") };
}

interface Vulnerability {
  name: string;
  severity: string;
  range: string;
  fixAvailable?: unknown;
}

/** Which known vulnerabilities the code of a module in this folder can reach. */
export async function auditGo(module: string, report: Report): Promise<Audit> {
  const { go, env } = await goTools(report);
  const quiet = { ...env, GOFLAGS: "-buildvcs=false", CGO_ENABLED: "0" }; // `-mod` does not go with a version
  return goAudit(module, await output(go, ["run", GOVULNCHECK, "-C", module, "./..."], {}, { env: quiet }));
}

/** The meaning of what govulncheck printed: `go run` ends with 1 whatever its program ended with. */
export function goAudit(of: string, { exitCode, stdout, stderr }: Output): Audit {
  if (exitCode === 0) return { of, result: "clean", text: "" };
  const found = /^Vulnerability #\d+/m.test(stdout);
  return { of, result: found ? "found" : "unknown", text: found ? stdout : lastLines(stderr || stdout) };
}

function parsed(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    return {};
  }
}

const lastLines = (text: string): string => text.trim().split("\n").slice(-3).join("\n");
