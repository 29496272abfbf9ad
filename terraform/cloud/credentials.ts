/** The token for a server, from where Terraform itself reads it. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Undefined where there is none that can be read: a credentials helper is not asked. */
export function tokenFor(hostname: string, env: NodeJS.ProcessEnv, home = homedir()): string | undefined {
  return (
    env[`TF_TOKEN_${hostname.replaceAll("-", "__").replaceAll(".", "_")}`] ||
    fromSettings(textOf(env.TF_CLI_CONFIG_FILE || join(home, ".terraformrc")), hostname) ||
    fromLogin(textOf(join(home, ".terraform.d", "credentials.tfrc.json")), hostname)
  );
}

/** A `credentials "HOST" { token = "…" }` block. */
function fromSettings(text: string, hostname: string): string | undefined {
  const name = hostname.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`credentials\\s+"${name}"\\s*\\{[^}]*?token\\s*=\\s*"([^"]+)"`).exec(text)?.[1];
}

/** The file that `terraform login` writes. */
function fromLogin(text: string, hostname: string): string | undefined {
  try {
    return (JSON.parse(text) as { credentials?: Record<string, { token?: string }> }).credentials?.[hostname]?.token;
  } catch {
    return undefined;
  }
}

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
