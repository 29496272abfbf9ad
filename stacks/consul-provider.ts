/** The consul provider, with the rights and the certificates that the mesh needs of it. */
import { ConsulProvider as Provider } from "@cdktf/provider-consul/lib/provider";
import type { Construct } from "constructs";
import type { Mesh } from "../model";
import { MeshSecrets } from "./secrets";

/**
 * Adds it. Where Consul was there before, the provider reads its token and certificates from the environment
 * (CONSUL_HTTP_TOKEN, CONSUL_CACERT, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY).
 * @returns the mesh's secrets, undefined when Gatehouse does not set up Consul or the mesh needs none
 */
export function addConsulProvider(scope: Construct, mesh: Mesh): MeshSecrets | undefined {
  const { address, datacenter, existing, acl, tls, gossipEncryption } = mesh.consul;
  const scheme = tls ? "https" : "http";
  const secrets = !existing && (acl || tls || gossipEncryption) ? new MeshSecrets(scope, mesh) : undefined;
  const server = mesh.nodes.find(({ role, retired }) => role === "server" && !retired);
  const certificate = tls && server ? secrets?.certificateOf(server) : undefined;
  new Provider(scope, "consul", {
    address,
    datacenter,
    scheme,
    ...(acl && secrets && { token: secrets.managementToken }),
    ...(certificate && secrets && { caPem: secrets.ca, certPem: certificate.cert, keyPem: certificate.key }),
  });
  return secrets;
}
