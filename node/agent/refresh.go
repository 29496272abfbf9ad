package agent

import (
	"context"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
)

// Refresh has the agent register its services again with the results that their checks have now. An agent registers a service
// again by itself when proxy-defaults or the service's own service-defaults change, with the results from its last
// registration: a service that was critical then, as every one is when the agent starts, gets no calls until its next check.
func Refresh(ctx context.Context, h *host.Host, agent consul.Agent, doc document.AgentRefresh) error {
	if err := h.CheckOwner(doc.Owner); err != nil {
		return err
	}
	if err := consul.ReloadWhenThere(ctx, agent); err != nil {
		return err
	}
	h.Say("the agent of %s registered its services again, with the present results of their checks", doc.Node)
	return nil
}
