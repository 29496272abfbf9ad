// Package drain takes a node, or a gateway, out of the mesh before it stops, and a node back in after it has started.
package drain

import (
	"context"
	"slices"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/envoy"
	"gatehouse/node/host"
)

// GatewayAgent has the requests of a gateway's drain to the agent.
type GatewayAgent interface {
	Offered(ctx context.Context, service string, sidecar bool) ([]consul.Offer, error)
}

// gatewayPace of a gateway's drain.
type gatewayPace struct {
	// answers is how long connections in use have for their last answer.
	answers time.Duration
	// still is how long there must be no request.
	still time.Duration
	// timeout is how long connections have to end.
	timeout time.Duration
	poll    time.Duration
}

func usualGatewayPace() gatewayPace {
	return gatewayPace{answers: time.Second, still: 500 * time.Millisecond, timeout: 10 * time.Second, poll: 200 * time.Millisecond}
}

// Gateway lets a gateway's Envoy finish its requests before systemd stops it: it is the unit's ExecStop. It returns no error,
// since the unit stops anyway.
func Gateway(ctx context.Context, h *host.Host, agent GatewayAgent, name string, adminPort int) error {
	return usualGatewayPace().drain(ctx, h, agent, name, adminPort)
}

func (p gatewayPace) drain(ctx context.Context, h *host.Host, agent GatewayAgent, name string, adminPort int) error {
	// Only if clients have another gateway: without one, the drain is an outage.
	if !othersServe(ctx, h, agent, name) {
		return nil
	}
	admin := envoy.At(adminPort)
	// Every answer makes its client close the connection and open a new one. A new one is refused, so that the client tries
	// the other gateway.
	for _, page := range []string{"/healthcheck/fail", "/drain_listeners"} {
		if err := admin.Post(ctx, page); err != nil {
			h.Say("%s's Envoy does not answer, so it is not drained: %s", name, err)
			return nil
		}
	}
	host.Pause(ctx, p.answers)
	if !host.Wait(ctx, p.timeout, p.poll, func() bool { return p.quiet(ctx, admin) }) {
		h.Say("%s still had requests after %s; going on", name, p.timeout)
	}
	return nil
}

func othersServe(ctx context.Context, h *host.Host, agent GatewayAgent, name string) bool {
	records, err := h.Records()
	if err != nil || len(records) == 0 {
		h.Say("no mesh is on record in %s, so this node's name is unknown and %s is not drained", host.Meshes, name)
		return false
	}
	offered, err := agent.Offered(ctx, name, false)
	if err != nil {
		h.Say("Consul's agent does not say where else %s runs, so it is not drained: %s", name, err)
		return false
	}
	return slices.ContainsFunc(offered, func(one consul.Offer) bool { return one.Node != records[0].Node })
}

// quiet says that no request runs, and that none has arrived for a while. An Envoy that has ended is quiet.
func (p gatewayPace) quiet(ctx context.Context, admin envoy.Admin) bool {
	before, err := admin.Traffic(ctx)
	if err != nil {
		return true
	}
	if before.Active != 0 {
		return false
	}
	host.Pause(ctx, p.still)
	after, err := admin.Traffic(ctx)
	return err != nil || after == before
}
