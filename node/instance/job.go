package instance

import (
	"context"
	"slices"
	"time"

	"gatehouse/node/document"
)

// sidecarFirst restarts the sidecar before the process where that has to find its upstreams open: a job that ends because it does
// not counts as one that does not work. It returns the units that are left to restart.
func (a *apply) sidecarFirst(ctx context.Context, restart []string) ([]string, error) {
	sidecar := sidecarUnit(a.release.Name)
	if !a.sidecarBegins() {
		return restart, nil
	}
	if slices.Contains(restart, sidecar) {
		if err := a.restart(ctx, []string{sidecar}, false); err != nil {
			return nil, err
		}
		opens := func() bool { return a.hasUpstreams(ctx, a.release) }
		if !a.until(ctx, a.release, a.Timing.Health, opens) && ctx.Err() == nil {
			a.Host.Say("the Envoy of %s does not listen for all of its upstreams", a.release.Name)
			return nil, errUnhealthy
		}
		restart = slices.DeleteFunc(slices.Clone(restart), func(unit string) bool { return unit == sidecar })
	}
	if a.beforeInside() {
		if err := a.runBefore(ctx); err != nil {
			return nil, err
		}
	}
	return restart, ctx.Err()
}

// awaitJob waits until the process of an instance that nothing calls has run for a while without ending once, with whatever exit
// code: nothing else says whether it works. fresh says that nothing was changed.
func (n *Node) awaitJob(ctx context.Context, release document.Instance, fresh bool) bool {
	unit := mainUnit(release.Name)
	if fresh {
		return n.wait(ctx, n.Timing.Health, func() bool { return n.runs(ctx, unit, -1) })
	}
	steady := time.Duration(release.Health.SteadySeconds * float64(time.Second))
	before, err := n.Systemd.Restarts(ctx, unit)
	if err != nil || !n.runs(ctx, unit, before) || n.wait(ctx, steady, func() bool { return !n.runs(ctx, unit, before) }) {
		if ctx.Err() == nil {
			n.Host.Say("%s ended, and has to run for at least %s", unit, steady)
		}
		return false
	}
	called := func() bool { return n.registered(ctx, release) && n.serves(ctx, release, listeners(release)) }
	return n.until(ctx, release, n.Timing.Health, called) &&
		n.until(ctx, release, n.Timing.Health, func() bool { return n.checksPass(ctx, release) })
}

// runs says whether a unit runs, and systemd has not restarted it more often than so; -1 is any number.
func (n *Node) runs(ctx context.Context, name string, restarts int) bool {
	unit, err := n.Systemd.Unit(ctx, name)
	return err == nil && unit.Active() && (restarts < 0 || unit.Restarts == restarts)
}
