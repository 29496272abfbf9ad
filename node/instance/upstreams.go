package instance

import (
	"context"
	"fmt"
	"slices"

	"gatehouse/node/document"
)

// awaitUpstreams lets a process that starts find its upstreams open, so that it does not begin with errors.
func (a *apply) awaitUpstreams(ctx context.Context, restart []string) {
	sidecar := envoyUnit(a.release)
	if len(a.release.Upstreams) == 0 || slices.Contains(restart, sidecar) {
		return
	}
	if unit, err := a.Systemd.Unit(ctx, sidecar); err != nil || !unit.Active() {
		return
	}
	a.wait(ctx, a.Timing.Upstreams, func() bool { return a.hasUpstreams(ctx, a.release) })
}

// hasUpstreams says whether Envoy listens for exactly these; a port may still be another upstream's.
func (n *Node) hasUpstreams(ctx context.Context, release document.Instance) bool {
	found, err := n.Envoy(release.AdminPort).Listeners(ctx)
	if err != nil {
		return false
	}
	names := map[string]bool{}
	for _, one := range found {
		names[one.Name] = true
	}
	for _, upstream := range release.Upstreams {
		if !names[fmt.Sprintf("%s:127.0.0.1:%d", upstream.Name, upstream.LocalPort)] {
			return false
		}
	}
	return true
}

// awaitMoved waits for connections that the process opened before the swap: they may still call an earlier upstream, and the
// next steps of the deploy no longer allow that.
func (n *Node) awaitMoved(ctx context.Context, release document.Instance) {
	if len(release.Upstreams) == 0 {
		return
	}
	if !n.wait(ctx, n.Timing.Moved, func() bool { return n.hasUpstreams(ctx, release) }) && ctx.Err() == nil {
		n.Host.Say("the Envoy of %s does not listen for all of its upstreams", release.Name)
	}
	ended := func() bool {
		draining, err := n.Envoy(release.AdminPort).Draining(ctx)
		return err == nil && draining == 0
	}
	if !n.wait(ctx, n.Timing.Moved, ended) && ctx.Err() == nil {
		n.Host.Say("%s still has connections to upstreams that it had before", release.Name)
	}
}
