package consul

import (
	"context"
	"crypto/tls"
	"fmt"

	"gatehouse/node/document"
)

// Leaf is the certificate of a service, which the agent gives out to the service's token. The key stays in memory.
func (c *Client) Leaf(ctx context.Context, service, token string) (tls.Certificate, error) {
	if !document.ValidName(service) {
		return tls.Certificate{}, fmt.Errorf("%q is not the name of a service", service)
	}
	leaf, _, err := c.Client.Agent().ConnectCALeaf(service, query(ctx, token))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("the agent gives out no certificate of %s: %w", service, err)
	}
	return tls.X509KeyPair([]byte(leaf.CertPEM), []byte(leaf.PrivateKeyPEM))
}
