package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
)

// token of the instance: only this one may change its registrations.
func (n *Node) token(name string) string {
	text, err := n.Host.Read(TokenFile(name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// othersServe says whether Consul's servers offer another healthy instance to callers: on another node, or another one of the
// mesh's on this node. A registration that a person made here is none.
func (n *Node) othersServe(ctx context.Context, release document.Instance) bool {
	offered, err := n.Agent.Offered(ctx, release.Workload(), release.Kind == document.Service)
	if err != nil {
		return false
	}
	var here []string
	for _, name := range n.siblings(release) {
		here = append(here, IDs(release.Kind, name)...)
	}
	return slices.ContainsFunc(offered, func(one consul.Offer) bool {
		return one.Node != release.Node || slices.Contains(here, one.ID)
	})
}

// siblings are the other instances of the workload on this node.
func (n *Node) siblings(release document.Instance) []string {
	return slices.DeleteFunc(OwnedBy(n.Host, release.Mesh), func(name string) bool {
		other, there := Current(n.Host, name)
		return !there || name == release.Name || other.Kind != release.Kind || other.Workload() != release.Workload()
	})
}

func (n *Node) offered(ctx context.Context, release document.Instance) bool {
	offered, err := n.Agent.Offered(ctx, release.Workload(), release.Kind == document.Service)
	own := IDs(release.Kind, release.Name)
	return err == nil && slices.ContainsFunc(offered, func(one consul.Offer) bool {
		return one.Node == release.Node && slices.Contains(own, one.ID)
	})
}

// hide sends callers elsewhere.
func (n *Node) hide(ctx context.Context, kind document.Kind, name string) error {
	return n.maintenance(ctx, kind, name, true)
}

// undrain sends callers here again. It is tried for as long as the agent may take to restart: an instance must never stay
// hidden.
func (n *Node) undrain(ctx context.Context, kind document.Kind, name string) error {
	var err error
	n.wait(ctx, n.Timing.Offered, func() bool {
		err = n.maintenance(ctx, kind, name, false)
		return err == nil
	})
	if err != nil {
		return fmt.Errorf("%s stays in maintenance mode on this node: %w", name, err)
	}
	return nil
}

func (n *Node) maintenance(ctx context.Context, kind document.Kind, name string, on bool) error {
	var failed []error
	for _, id := range IDs(kind, name) {
		status, err := n.Agent.Status(ctx, id)
		if err == nil && status == "absent" {
			continue
		}
		if err == nil {
			err = n.Agent.Maintenance(ctx, id, on, n.token(name))
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// quiet says whether no request runs, and none has arrived for a moment.
func (n *Node) quiet(ctx context.Context, adminPort int) bool {
	before, err := n.Envoy(adminPort).Traffic(ctx)
	if err != nil || before.Active > 0 {
		return false
	}
	host.Pause(ctx, n.Timing.Quiet)
	after, err := n.Envoy(adminPort).Traffic(ctx)
	return err == nil && after == before
}

// endRequests lets running requests end.
func (n *Node) endRequests(ctx context.Context, release document.Instance) {
	// A gateway's clients do not ask Consul; its unit drains it when it stops. A job has no clients.
	if release.Kind != document.Service || !isCalled(release) {
		return
	}
	if !n.wait(ctx, n.Timing.Drain, func() bool { return n.quiet(ctx, release.AdminPort) }) {
		n.Host.Say("%s still had requests after %s; going on", release.Name, n.Timing.Drain)
	}
}

// takeBack ends the drain, and waits until callers are sent here again. A signal only shortens the wait: no instance stays
// hidden.
func (n *Node) takeBack(ctx context.Context, release document.Instance) error {
	if err := n.undrain(context.WithoutCancel(ctx), release.Kind, release.Name); err != nil {
		return err
	}
	if !isCalled(release) || n.wait(ctx, n.Timing.Offered, func() bool { return n.offered(ctx, release) }) {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s serves with release %s; this run was ended before Consul's servers offered it to callers: %w", release.Name, release.Release, ctx.Err())
	}
	return fmt.Errorf("%s passes its checks on this node, but after %s Consul's servers do not offer it to callers; see 'mesh status' and: journalctl -u consul -n 50", release.Name, n.Timing.Offered)
}

// drain sends callers elsewhere and lets running requests end. False when there is no other instance: then waiting would only
// make the outage longer.
func (a *apply) drain(ctx context.Context) (bool, error) {
	// A sibling that is no longer declared serves until the sweep.
	if !a.release.Drain && len(a.siblings(a.release)) == 0 {
		return false, nil
	}
	if !a.wait(ctx, a.Timing.Others, func() bool { return a.othersServe(ctx, a.release) }) {
		a.Host.Say("no other instance of %s passes its checks, so this one is not drained", a.release.Name)
		return false, ctx.Err()
	}
	kind, name := a.release.Kind, a.release.Name
	a.undo.Add("end the maintenance mode of "+name, func(ctx context.Context) error { return a.undrain(ctx, kind, name) })
	if err := a.hide(ctx, kind, name); err != nil {
		return false, fmt.Errorf("%s could not be taken out of traffic: %w", name, err)
	}
	a.drainCompanions(ctx)
	host.Pause(ctx, a.Timing.Heard)
	draining := a.release
	if a.old != nil {
		draining = *a.old // its Envoy is the one that runs
	}
	for _, one := range append([]document.Instance{draining}, a.drained...) {
		a.endRequests(ctx, one)
	}
	return true, ctx.Err()
}
