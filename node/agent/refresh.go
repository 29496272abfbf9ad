package agent

import (
	"context"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
)

// Refresh has the agent register its services again with the results that their checks have now. An agent registers a service
// again by itself when proxy-defaults or the service's own service-defaults change, with the results that it had when it
// was registered last: what was critical then, as every service is at an agent's start, gets no calls until its next check.
func Refresh(ctx context.Context, h *host.Host, agent consul.Agent, doc document.AgentRefresh) error {
	if err := h.CheckOwner(doc.Owner); err != nil {
		return err
	}
	if err := consul.ReloadWhenThere(ctx, agent); err != nil {
		return err
	}
	h.Say("the agent of %s has its services with the results of their checks", doc.Node)
	return nil
}
