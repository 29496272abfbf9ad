package consul

import (
	"context"
)

// Maintenance implements Agent.
func (c *Client) Maintenance(ctx context.Context, id string, on bool, token string) error {
	if on {
		return c.Client.Agent().EnableServiceMaintenanceOpts(id, maintenanceReason, query(ctx, token))
	}
	return c.Client.Agent().DisableServiceMaintenanceOpts(id, query(ctx, token))
}

// NodeMaintenance implements Agent.
func (c *Client) NodeMaintenance(_ context.Context, on bool) error {
	if on {
		return c.Client.Agent().EnableNodeMaintenance(maintenanceReason)
	}
	return c.Client.Agent().DisableNodeMaintenance()
}

// maintenanceReason is the reason that Consul shows.
const maintenanceReason = "gatehouse"
