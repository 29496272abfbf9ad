package consul

import (
	"context"
	"fmt"
	"net/url"

	"github.com/hashicorp/consul/api"
)

// Gateways are the ingress gateways' config entries.
func (c *Client) Gateways(ctx context.Context) ([]*api.IngressGatewayConfigEntry, error) {
	entries, _, err := c.Client.ConfigEntries().List(api.IngressGateway, query(ctx, ""))
	if err != nil {
		return nil, err
	}
	var gateways []*api.IngressGatewayConfigEntry
	for _, entry := range entries {
		if gateway, ok := entry.(*api.IngressGatewayConfigEntry); ok {
			gateways = append(gateways, gateway)
		}
	}
	return gateways, nil
}

// Registration with this id, with every field that the agent has.
func (c *Client) Registration(ctx context.Context, id string) (map[string]any, error) {
	var registration map[string]any
	if _, err := c.Raw().Query("/v1/agent/service/"+url.PathEscape(id), &registration, query(ctx, "")); err != nil {
		return nil, fmt.Errorf("the registration %s: %w", id, err)
	}
	return registration, nil
}
