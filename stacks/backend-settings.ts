/** Which backend the environment asks for, checked. Pure: nothing is read but the given environment. */
import type { Problem } from "../model";
import { contentHash } from "../templates";

/** Where the state is kept, and with `cloud` and `remote` also where Terraform runs. */
export type Backend =
  | { kind: "local" }
  /** Terraform Cloud, HCP Terraform or Enterprise: one workspace a stack, `<mesh>-<stack>`. */
  | { kind: "cloud" | "remote"; organization: string; hostname?: string; project?: string }
  /** Terraform's own arguments of the backend; `{mesh}` and `{stack}` in them are still to be filled in. */
  | { kind: StateBackend; settings: Record<string, unknown> };

export const LOCAL: Backend = { kind: "local" };

/** A backend that only keeps the state. */
type StateBackend = keyof typeof places;

/** For each: the argument that says where in it a state lies, what it is by default, and what else it cannot do without. */
const places = {
  s3: { place: "key", by: "gatehouse/{mesh}/{stack}.tfstate", needs: ["bucket"] },
  gcs: { place: "prefix", by: "gatehouse/{mesh}/{stack}", needs: ["bucket"] },
  azurerm: { place: "key", by: "gatehouse/{mesh}/{stack}.tfstate", needs: ["storage_account_name", "container_name"] },
  http: { place: "address", by: undefined, needs: ["address"] },
  consul: { place: "path", by: "gatehouse/{mesh}/{stack}", needs: [] },
  pg: { place: "schema_name", by: "gatehouse_{mesh}_{stack}", needs: [] },
} satisfies Record<string, { place: string; by: string | undefined; needs: string[] }>;

/** Arguments that are secret, by the variable where Terraform looks for them itself. */
const secrets: Record<StateBackend, Record<string, string>> = {
  s3: { access_key: "AWS_ACCESS_KEY_ID", secret_key: "AWS_SECRET_ACCESS_KEY", token: "AWS_SESSION_TOKEN" },
  gcs: {
    credentials: "GOOGLE_CREDENTIALS",
    access_token: "GOOGLE_OAUTH_ACCESS_TOKEN",
    encryption_key: "GOOGLE_ENCRYPTION_KEY",
  },
  azurerm: {
    access_key: "ARM_ACCESS_KEY",
    sas_token: "ARM_SAS_TOKEN",
    client_secret: "ARM_CLIENT_SECRET",
    client_certificate_password: "ARM_CLIENT_CERTIFICATE_PASSWORD",
    oidc_token: "ARM_OIDC_TOKEN",
  },
  http: { password: "TF_HTTP_PASSWORD", client_private_key_pem: "TF_HTTP_CLIENT_PRIVATE_KEY_PEM" },
  consul: { access_token: "CONSUL_HTTP_TOKEN", http_auth: "CONSUL_HTTP_AUTH" },
  pg: { conn_str: "PG_CONN_STR" },
};

const KINDS = ["local", "cloud", "remote", ...Object.keys(places)];
const CONFIG = "GATEHOUSE_BACKEND_CONFIG";

/**
 * Reads GATEHOUSE_BACKEND and what belongs to it.
 * @returns the backend, or everything that is wrong; a problem's path is the variable
 */
export function readBackend(environment: NodeJS.ProcessEnv): { backend: Backend } | { problems: Problem[] } {
  const kind = environment.GATEHOUSE_BACKEND || "local";
  if (!KINDS.includes(kind)) {
    const remedy = `name one of ${KINDS.join(", ")}, or unset it for local`;
    return { problems: [problem("GATEHOUSE_BACKEND", kind, "there is no such backend", remedy)] };
  }
  if (environment[CONFIG] && !(kind in places)) {
    const reason = `the ${kind} backend takes no such settings`;
    return { problems: [problem(CONFIG, environment[CONFIG], reason, "unset it, or set GATEHOUSE_BACKEND")] };
  }
  if (kind === "local") return { backend: LOCAL };
  if (kind === "cloud" || kind === "remote") return readCloud(kind, environment);
  return readState(kind as StateBackend, environment[CONFIG] || "{}");
}

/** Terraform's own TF_CLOUD_* count where ours are not set. */
function readCloud(kind: "cloud" | "remote", environment: NodeJS.ProcessEnv): ReturnType<typeof readBackend> {
  const of = (name: string) => environment[`GATEHOUSE_TFE_${name}`] || environment[`TF_CLOUD_${name}`] || undefined;
  const [organization, hostname, project] = [of("ORGANIZATION"), of("HOSTNAME"), of("PROJECT")];
  const problems: Problem[] = [];
  if (!organization) {
    const reason = `the ${kind} backend keeps workspaces in an organization`;
    problems.push(problem("GATEHOUSE_TFE_ORGANIZATION", undefined, reason, "set it to the organization's name"));
  } else if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(organization)) {
    const reason = "an organization's name has letters, digits, - and _";
    const remedy = "write the name as it stands in the address of the organization's page";
    problems.push(problem("GATEHOUSE_TFE_ORGANIZATION", organization, reason, remedy));
  }
  if (hostname && !/^[A-Za-z0-9.-]+(:\d+)?$/.test(hostname)) {
    const remedy = "write it without https:// and without a path, for example tfe.example.com";
    problems.push(problem("GATEHOUSE_TFE_HOSTNAME", hostname, "this is not a host name", remedy));
  }
  if (project && !/^[A-Za-z0-9 _-]+$/.test(project)) {
    const reason = "a project's name has letters, digits, spaces, - and _";
    problems.push(problem("GATEHOUSE_TFE_PROJECT", project, reason, "write the name of a project of the organization"));
  }
  if (problems.length > 0 || !organization) return { problems };
  return { backend: { kind, organization, ...(hostname && { hostname }), ...(project && { project }) } };
}

function readState(kind: StateBackend, text: string): ReturnType<typeof readBackend> {
  const settings = parse(text);
  if (!settings) {
    const remedy = `write the backend's arguments as Terraform names them: {"${places[kind].place}": "..."}`;
    return { problems: [problem(CONFIG, undefined, "this is not a JSON object (not shown)", remedy)] };
  }
  const { place, by, needs } = places[kind];
  const problems = [
    ...Object.entries(secrets[kind])
      .filter(([argument]) => settings[argument] !== undefined)
      .map(([argument, variable]) =>
        problem(
          `${CONFIG}.${argument}`,
          "(not shown)",
          "it is secret, and would stand in the synthesized file",
          `leave it out and set ${variable}, where Terraform looks for it`,
        ),
      ),
    ...needs
      .filter((argument) => !settings[argument])
      .map((argument) =>
        problem(`${CONFIG}.${argument}`, undefined, `the ${kind} backend does not work without`, "add it"),
      ),
  ];
  const where = settings[place] ?? by;
  if (settings[place] !== undefined && !(/\{mesh\}/.test(String(where)) && /\{stack\}/.test(String(where)))) {
    problems.push(
      problem(
        `${CONFIG}.${place}`,
        String(where),
        "each mesh and each of its stacks needs a state of its own, or one deploy takes the other down",
        "write {mesh} and {stack} where their names belong",
      ),
    );
  }
  return problems.length > 0 ? { problems } : { backend: { kind, settings: { ...settings, [place]: where } } };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function problem(path: string, found: string | undefined, reason: string, remedy: string): Problem {
  return { path, found: found === undefined ? "nothing" : JSON.stringify(found), reason, remedy };
}

/** The backend's arguments for one stack of a mesh. */
export function settingsFor(settings: Record<string, unknown>, mesh: string, stack: string): Record<string, unknown> {
  const filled = Object.entries(settings).map(([name, value]) => [name, fill(value, mesh, stack)] as const);
  return Object.fromEntries(filled.map(([name, value]) => [name, name === "schema_name" ? schema(value) : value]));
}

/** PostgreSQL cuts a longer name, in silence, and two meshes could share the rest. */
function schema(value: unknown): unknown {
  if (typeof value !== "string" || value.length <= 63) return value;
  return `${value.slice(0, 50)}_${contentHash(value).slice(0, 12)}`;
}

function fill(value: unknown, mesh: string, stack: string): unknown {
  return typeof value === "string" ? value.replaceAll("{mesh}", mesh).replaceAll("{stack}", stack) : value;
}

/** Whether Terraform runs on another machine, in a folder that holds nothing but what was uploaded. */
export function runsElsewhere(backend: Backend): boolean {
  return backend.kind === "cloud" || backend.kind === "remote";
}
