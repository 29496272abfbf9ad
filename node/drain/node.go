package drain

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
)

// NodeAgent has the requests of a node's drain to the agent.
type NodeAgent interface {
	Answers(ctx context.Context) bool
	Leader(ctx context.Context) string
	NodeMaintenance(ctx context.Context, on bool) error
	Maintenance(ctx context.Context, id string, on bool, token string) error
	Checks(ctx context.Context, ids ...string) ([]consul.Check, error)
	NodeName(ctx context.Context) (string, error)
	// ServerChecks are the checks of a node as Consul's servers have them, without serfHealth.
	ServerChecks(ctx context.Context, node string) ([]consul.Check, error)
}

// nodePace of a node's drain.
type nodePace struct {
	// leave is how long callers' Envoys need to learn of it from the servers, and running requests to end.
	leave time.Duration
	// answer is how long to wait for the agent, and for a leader.
	answer time.Duration
	// agree is how long Consul's servers may take to agree with the agent.
	agree time.Duration
	tries int
	poll  time.Duration
}

func usualNodePace() nodePace {
	return nodePace{leave: 2 * time.Second, answer: time.Minute, agree: 5 * time.Second, tries: 6, poll: 200 * time.Millisecond}
}

var errStays = errors.New("this node stays in maintenance mode: Consul's agent does not answer; see: journalctl -u consul -n 50")

// NodeOn takes this node out of the mesh before it shuts down. It returns no error, since the node shuts down anyway. When
// the unit stops for another reason, nothing is changed: other people's services may run here, too.
func NodeOn(ctx context.Context, h *host.Host, agent NodeAgent, shutsDown bool) error {
	if !shutsDown {
		return nil
	}
	return usualNodePace().on(ctx, h, agent)
}

func (p nodePace) on(ctx context.Context, h *host.Host, agent NodeAgent) error {
	if err := agent.NodeMaintenance(ctx, true); err != nil {
		h.Say("Consul's agent does not answer: callers do not learn that this node shuts down")
	} else if !host.Wait(ctx, p.agree, p.poll, func() bool { return serversKnow(ctx, agent) }) {
		h.Say("Consul's servers did not learn within %s that this node shuts down; going on", p.agree)
	}
	host.Pause(ctx, p.leave)
	return nil
}

// serversKnow says that Consul's servers, from which callers learn it, have this node in maintenance mode.
func serversKnow(ctx context.Context, agent NodeAgent) bool {
	node, err := agent.NodeName(ctx)
	if err != nil {
		return false
	}
	theirs, err := agent.ServerChecks(ctx, node)
	return err == nil && slices.ContainsFunc(theirs, func(check consul.Check) bool { return check.ID == nodeMaintenance })
}

// NodeOff takes this node back into the mesh after it has started.
func NodeOff(ctx context.Context, h *host.Host, agent NodeAgent) error {
	return usualNodePace().off(ctx, h, agent)
}

func (p nodePace) off(ctx context.Context, h *host.Host, agent NodeAgent) error {
	// Without a leader, the agent could not pass this on, and would try again only after a quarter of a minute.
	if !host.Wait(ctx, p.answer, p.poll, func() bool { return agent.Answers(ctx) }) ||
		!host.Wait(ctx, p.answer, p.poll, func() bool { return agent.Leader(ctx) != "" }) {
		return errStays
	}
	if serves(ctx, agent) {
		return nil
	}
	if agent.NodeMaintenance(ctx, false) != nil {
		return errStays
	}
	if checks, err := agent.Checks(ctx); err == nil && len(checks) == 0 {
		return nil // nothing runs here yet
	}
	// An agent that has just started may miss that a check changed; the servers would get the change a minute later.
	for range p.tries {
		if host.Wait(ctx, p.agree, p.poll, func() bool { return settled(ctx, h, agent) }) {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		_ = agent.NodeMaintenance(ctx, true)
		if agent.NodeMaintenance(ctx, false) != nil {
			return errStays
		}
	}
	h.Say("Consul's servers do not have the checks of this node as its agent has them; see: journalctl -u consul -n 50")
	return nil
}

// nodeMaintenance is the id of the check by which a node is in maintenance mode.
const nodeMaintenance = "_node_maintenance"

// serves says that this node is in the mesh. Then nothing is changed: other people's services may run here, too, and
// maintenance mode concerns the whole node.
func serves(ctx context.Context, agent NodeAgent) bool {
	checks, err := agent.Checks(ctx)
	if err != nil || slices.ContainsFunc(checks, func(check consul.Check) bool { return check.ID == nodeMaintenance }) {
		return false
	}
	late, err := behind(ctx, agent)
	return err == nil && len(late) == 0
}

// settled says that no sidecar's check is behind, and that the servers agree with the agent.
func settled(ctx context.Context, h *host.Host, agent NodeAgent) bool {
	late, err := behind(ctx, agent)
	if err != nil {
		return false
	}
	for _, name := range late {
		// The agent looks again when a check of the service changes.
		for _, on := range []bool{true, false} {
			_ = agent.Maintenance(ctx, name, on, tokenOf(h, name))
		}
	}
	late, err = behind(ctx, agent)
	return err == nil && len(late) == 0 && serversAgree(ctx, agent)
}

// tokenOf an instance; "" where it has none. The name is from Consul.
func tokenOf(h *host.Host, name string) string {
	if !document.ValidName(name) {
		return ""
	}
	token, _ := h.Read(filepath.Join(host.Secrets, name+".token"))
	return strings.TrimSpace(string(token))
}

// behind are the instances whose sidecar's alias check still repeats the node's maintenance mode: the agent looks again when
// a check of the service changes, which the node's maintenance mode is not, or else after a minute.
func behind(ctx context.Context, agent NodeAgent) ([]string, error) {
	checks, err := agent.Checks(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, check := range checks {
		if check.Type == "alias" && check.Status == "critical" && strings.Contains(check.Output, "Node Maintenance Mode") {
			names = append(names, strings.TrimSuffix(check.Service, "-sidecar-proxy"))
		}
	}
	return names, nil
}

func serversAgree(ctx context.Context, agent NodeAgent) bool {
	own, err := agent.Checks(ctx)
	if err != nil {
		return false
	}
	node, err := agent.NodeName(ctx)
	if err != nil {
		return false
	}
	theirs, err := agent.ServerChecks(ctx, node)
	return err == nil && slices.Equal(states(own), states(theirs))
}

// states are the checks with their statuses, sorted, so that two lists can be compared.
func states(checks []consul.Check) []string {
	states := make([]string, 0, len(checks))
	for _, check := range checks {
		states = append(states, check.ID+" "+check.Status)
	}
	slices.Sort(states)
	return states
}
