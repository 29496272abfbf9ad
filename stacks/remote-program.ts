/**
 * A program that runs on a machine over ssh: one `null_resource`, run again when a trigger changes. The one place that
 * knows Terraform's provisioners, whose types in cdktf lack `when`.
 */
import { isIPv6 } from "node:net";
import { Resource } from "@cdktf/provider-null/lib/resource";
import {
  type FileProvisioner,
  Fn,
  type ITerraformDependable,
  type RemoteExecProvisioner,
  type SSHProvisionerConnection,
} from "cdktf";
import type { Construct } from "constructs";
import { layout, type MeshNode } from "../model";
import { incomingProgram, machineIdentity, recordConf } from "../templates";
import { addressesOf } from "./depends-on";
import { inlineOf } from "./inline";
import { privateKey, runsElsewhere, uploadSource, type When } from "./remote-run";
import { terraformLiteral } from "./terraform-literal";

export interface RemoteProgramProps {
  node: MeshNode;
  /** Shell text to run. @default none: there is only something to do on destroy */
  program?: string;
  /** Run again when one of these changes. Keys in snake_case; values stand in the state: no secrets. */
  triggers: Record<string, string>;
  /**
   * Expressions of secrets that the program needs, by key. They come by themselves, as JSON, into a file that only the
   * program can read: an inline script could be read by everybody while it runs.
   * A node of another mesh than this one refuses them.
   * @default none
   */
  secrets?: { mesh: string; name: string; values: Record<string, string> };
  /** A file that the program takes, and where it is uploaded to. @default none */
  upload?: { path: string; sha256: string; missing?: boolean; destination: string };
  /** Conditions that must hold when Terraform plans, each with the message when it does not. @default none */
  requires?: { condition: string; errorMessage: string }[];
  /** Shell text to run when the whole stack is destroyed. @default none */
  onDestroy?: string;
  /**
   * Whether what follows waits for the program and does not need it: a node that cannot be reached holds nothing up. Terraform's
   * `on_failure` is then `continue`. @default false
   */
  mayFail?: boolean;
  dependsOn?: ITerraformDependable[];
}

export class RemoteProgram extends Resource {
  constructor(scope: Construct, id: string, props: RemoteProgramProps) {
    // Where the two ways to the key differ, the resource as a whole can have neither.
    const apart = props.onDestroy !== undefined && runsElsewhere(scope);
    const connection = (when: When) => connectionTo(scope, props.node, when);
    const own = (when: When) => (apart ? { connection: connection(when) } : {});
    super(scope, id, {
      triggers: { ...props.triggers, machine: machineIdentity(props.node) },
      connection: apart ? undefined : connection("create"),
      // A replaced program's `onDestroy` must not run: it would empty a machine that is to be set up again. Terraform
      // leaves it out for what is destroyed after its replacement was made, and runs it on a destroy of the whole.
      lifecycle: { createBeforeDestroy: true, ...(props.requires && { precondition: props.requires }) },
      provisioners: [
        ...onCreate(scope, id, props).map((one) => ({ ...one, ...own("create") })),
        ...(props.onDestroy === undefined
          ? []
          : [{ ...remoteExec(scope, props.onDestroy, "destroy"), ...own("destroy") }]),
      ],
    });
    this.dependsOn = addressesOf(props.dependsOn);
  }
}

const onCreate = (scope: Construct, id: string, { program, secrets, upload, node, mayFail }: RemoteProgramProps) =>
  program === undefined
    ? []
    : [
        ...uploadFirst(scope, upload),
        ...secretsFirst(scope, node, secrets),
        { ...recorded(id, secrets, remoteExec(scope, program, "create")), ...(mayFail && { onFailure: "continue" }) },
      ];

/** Has the node record that the program of this resource came to its end: see `node/ran`. */
function recorded(
  id: string,
  secrets: RemoteProgramProps["secrets"],
  exec: RemoteExecProvisioner,
): RemoteExecProvisioner {
  const [interpreter = "", ...lines] = exec.inline ?? [];
  const arriving = secrets && layout.uploadedSecrets(secrets.mesh, secrets.name);
  return { ...exec, inline: [interpreter, recordConf(id, "${self.id}", arriving), ...lines] };
}

function uploadFirst(scope: Construct, upload: RemoteProgramProps["upload"]): FileProvisioner[] {
  if (!upload) return [];
  return [{ type: "file", source: uploadSource(scope, upload), destination: upload.destination }];
}

function secretsFirst(scope: Construct, node: MeshNode, secrets: RemoteProgramProps["secrets"]) {
  if (!secrets) return [];
  const { mesh, name, values } = secrets;
  const file: FileProvisioner = {
    type: "file",
    content: Fn.jsonencode(values),
    destination: layout.uploadedSecrets(mesh, name),
  };
  return [remoteExec(scope, incomingProgram(mesh, node.name), "create"), file];
}

/** cdktf's type lacks `when`; Terraform has it, and cdktf passes it on. */
function remoteExec(scope: Construct, program: string, when: When): RemoteExecProvisioner {
  const provisioner: RemoteExecProvisioner & { when: string } = {
    type: "remote-exec",
    when,
    inline: inlineOf(scope, program, when),
  };
  return provisioner;
}

/**
 * How Terraform reaches a machine. Private keys are read by Terraform when it runs: they are in no synthesized file
 * and, being part of a connection, not in the state.
 */
export function connectionTo(
  scope: Construct,
  { address, hostKey, ssh }: MeshNode,
  when: When = "create",
): SSHProvisionerConnection {
  const { bastion } = ssh;
  return {
    type: "ssh",
    host: terraformLiteral(address),
    hostKey: bastion ? hostKeysOf(address, ssh.port, hostKey, bastion) : hostKey,
    user: ssh.user,
    port: ssh.port,
    // For the connection alone: a node that was just restarted is back by then, and one that is down is named soon.
    timeout: "30s",
    // In the home folder: Terraform makes the file writable for everybody, so no other user must be able to reach it.
    scriptPath: "./.gatehouse-%RAND%.sh",
    // Terraform would try an agent by itself when there is no key.
    agent: String(ssh.agent && !runsElsewhere(scope)),
    privateKey: privateKey(scope, ssh.privateKeyFile, when),
    ...(bastion && {
      bastionHost: terraformLiteral(bastion.host),
      bastionHostKey: bastion.hostKey,
      bastionUser: bastion.user,
      bastionPort: bastion.port,
      bastionPrivateKey: privateKey(scope, bastion.privateKeyFile, when),
    }),
  };
}

/**
 * Host keys of a machine behind a bastion. Terraform (1.11) holds the bastion's key against `host_key` too, not against
 * `bastion_host_key`: it writes `<host> <host_key>` into a known_hosts file for either of them, and believes the first
 * line of a type for a host. So the line that it begins gets a key of a type that no sshd has, and no host's; both hosts
 * then have a line of their own.
 */
function hostKeysOf(address: string, port: number, hostKey: string, bastion: Bastion): string {
  return [NOBODYS_KEY, knownHost(address, port, hostKey), knownHost(bastion.host, bastion.port, bastion.hostKey)].join(
    "\n",
  );
}

type Bastion = NonNullable<MeshNode["ssh"]["bastion"]>;

/** A security key whose 32 bytes are a hash: there is no private half. */
const NOBODYS_KEY =
  "sk-ssh-ed25519@openssh.com " +
  "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAICZBv+IuInfB6/pRpsZUrerGSk8553XMPEU6Oah1pl0mAAAACnNzaDpub2JvZHk=";

function knownHost(host: string, port: number, hostKey: string): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port} ${hostKey}`;
}
