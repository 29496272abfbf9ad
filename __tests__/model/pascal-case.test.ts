import { pascalCase } from "../../model/config-entry/pascal-case";

/** Fields of Consul 1.22's config entries whose capitals are not those of the first letter alone. */
const FIELDS = `
  ACL AllowEnablingPermissiveMutualTLS CAFile CaCertificateProviderInstance ConnectCA DNS EnforcingConsecutive5xx
  EnvoyClusterJSON EnvoyListenerJSON ExternalSNI HTTP JSONFormat JSONWebKeySet JWKS JWKSCluster JWT KV
  LocalConnectTimeoutMs MaxRequestHeadersKB MutualTLSMode SDS SNI SanitizeXForwardedClientCert SourceIP TLS
  TLSCertificates TLSMaxVersion TLSMinVersion TTL TrustedCA URI URLRewrite UseSNI
  CircuitBreaker ConnectTimeout MaxInboundConnections Name RetryOnConnectFailure`;

describe("pascalCase", () => {
  it.each(FIELDS.trim().split(/\s+/))("%s", (field) => {
    const camelCase = field.replace(/^[A-Z]+(?![a-z])|^[A-Z]/, (head) => head.toLowerCase());
    expect(pascalCase(camelCase)).toBe(field);
  });
});
