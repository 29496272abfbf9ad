/**
 * The secrets of a mesh as Terraform reads them when it runs: from the variable `gatehouse_secrets`, else from the file
 * that `npm run secrets` made. What is given out here are expressions: no secret is in a synthesized file.
 */
import { Fn, TerraformLocal, Token } from "cdktf";
import type { Construct } from "constructs";
import { secretsFile } from "../mesh-secrets";
import type { Mesh, MeshNode } from "../model";
import { runsElsewhere } from "./remote-run";
import { SecretVariable } from "./secret-variable";
import { fileText } from "./terraform-literal";

export class MeshSecrets {
  private readonly document: TerraformLocal;

  constructor(scope: Construct, mesh: Mesh) {
    const elsewhere = runsElsewhere(scope);
    new SecretVariable(scope, "gatehouse_secrets", {
      description: "The secrets of the mesh, as JSON. Empty: they are read from the file.",
      ...(elsewhere ? { nullable: false } : { default: "" }),
    });
    const file = fileText(secretsFile(mesh.name));
    // The file is of this machine.
    const text = elsewhere
      ? "var.gatehouse_secrets"
      : `var.gatehouse_secrets != "" ? var.gatehouse_secrets : sensitive(${file})`;
    this.document = new TerraformLocal(scope, "secrets", `\${jsondecode(${text})}`);
  }

  get gossipKey(): string {
    return this.at("gossipKey");
  }

  get managementToken(): string {
    return this.at("managementToken");
  }

  /** The certificate authority of Consul's own connections; both while one replaces the other. */
  get ca(): string {
    const other = (...keys: string[]) => Token.asString(Fn.try([this.at("ca", ...keys), ""]));
    return Fn.join("", [this.at("ca", "cert"), other("next", "cert"), other("previous")]);
  }

  /** A server's certificate, which is good for a client too. */
  certificateOf({ name }: MeshNode): { cert: string; key: string } {
    return { cert: this.at("servers", name, "cert"), key: this.at("servers", name, "key") };
  }

  /** A secret of a service. */
  valueOf(service: string, variable: string): string {
    return this.at("services", service, variable);
  }

  /** Whether Terraform finds a value there that can be an environment variable, and what it tells otherwise. */
  requireValueOf(service: string, variable: string): { condition: string; errorMessage: string } {
    const usable = Fn.can(Fn.regex(Fn.rawString("^[^[:cntrl:]]+$"), this.valueOf(service, variable)));
    return {
      condition: Token.asString(usable),
      errorMessage: `The mesh's secrets hold no value of ${variable} for the service ${service} that can be an environment variable: one line of text, not empty. Write it to services.${service}.${variable}, see: npm run secrets.`,
    };
  }

  /** Whether Terraform finds a value there that can be a configuration file, and what it tells otherwise. */
  requireFileOf(service: string, secret: string, file: string): { condition: string; errorMessage: string } {
    return {
      condition: Token.asString(Fn.can(Fn.regex(Fn.rawString("[^[:space:]]"), this.valueOf(service, secret)))),
      errorMessage: `The mesh's secrets hold no content of ${file} for the service ${service}: text, not empty. Write it to services.${service}.${secret}, see: npm run secrets.`,
    };
  }

  private at(...keys: string[]): string {
    return Token.asString(Fn.lookupNested(this.document.expression, keys));
  }
}
