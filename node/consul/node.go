package consul

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/consul/api"
)

// NodeName is the name under which the agent joined.
func (c *Client) NodeName(ctx context.Context) (string, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return "", err
	}
	name, _ := self["Config"]["NodeName"].(string)
	if name == "" {
		return "", fmt.Errorf("the agent at %s does not say its node's name", Address)
	}
	return name, nil
}

// SupportedEnvoys are the versions of Envoy that this Consul lists as supported.
func (c *Client) SupportedEnvoys(ctx context.Context) ([]string, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return nil, err
	}
	proxies, _ := self["xDS"]["SupportedProxies"].(map[string]any)
	listed, _ := proxies["envoy"].([]any)
	versions := make([]string, 0, len(listed))
	for _, one := range listed {
		if version, ok := one.(string); ok {
			versions = append(versions, version)
		}
	}
	return versions, nil
}

// RootCertificates are those of the mesh's own authority, as PEM.
func (c *Client) RootCertificates(ctx context.Context) ([]string, error) {
	roots, _, err := c.Client.Agent().ConnectCARoots(query(ctx, ""))
	if err != nil {
		return nil, err
	}
	certificates := make([]string, 0, len(roots.Roots))
	for _, root := range roots.Roots {
		certificates = append(certificates, strings.TrimSpace(root.RootCertPEM))
	}
	return certificates, nil
}

// ServerChecks are the checks of a node as Consul's servers have them, without serfHealth, which no agent has.
func (c *Client) ServerChecks(ctx context.Context, node string) ([]Check, error) {
	all, _, err := c.Client.Health().Node(node, query(ctx, ""))
	if err != nil {
		return nil, err
	}
	var checks []Check
	for _, check := range all {
		if check.CheckID != "serfHealth" {
			checks = append(checks, Check{check.CheckID, check.ServiceID, check.Name, check.Status, check.Type, check.Output})
		}
	}
	return checks, nil
}

// KnowsToken says whether Consul knows the token of this client.
func (c *Client) KnowsToken(ctx context.Context) bool {
	_, _, err := c.Client.ACL().TokenReadSelf(query(ctx, ""))
	return err == nil
}

// Leave has the agent leave the cluster and end.
func (c *Client) Leave(ctx context.Context) error {
	_, err := c.Raw().Write("/v1/agent/leave", nil, nil, (&api.WriteOptions{}).WithContext(ctx))
	return err
}
