package instance

import (
	"context"
	"time"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// hopelessRestarts is when a unit counts as crash-looping: systemd restarts it after a second.
const hopelessRestarts = 4

// restarts counts systemd's own restarts since this run last started the units, or others theirs.
func (n *Node) restarts(ctx context.Context, release document.Instance) int {
	sum := 0
	units := OwnUnits(release)
	if release.Unit != "" {
		units = append(units, release.Unit)
	}
	for _, name := range units {
		if restarts, err := n.Systemd.Restarts(ctx, name); err == nil {
			sum += restarts
		}
	}
	return sum
}

func (n *Node) crashLooping(ctx context.Context, release document.Instance) bool {
	for _, name := range OwnUnits(release) {
		if restarts, err := n.Systemd.Restarts(ctx, name); err == nil && restarts >= hopelessRestarts {
			return true
		}
	}
	return false
}

// until done returns true. False when the time is over or the process keeps crashing.
func (n *Node) until(ctx context.Context, release document.Instance, timeout time.Duration, done func() bool) bool {
	well := false
	n.wait(ctx, timeout, func() bool {
		well = done()
		return well || n.crashLooping(ctx, release)
	})
	return well
}

// serves says whether the main unit runs, whether each port is held by the process of its unit and by no other, and
// whether the health check is answered as Consul's agent wants it.
func (n *Node) serves(ctx context.Context, release document.Instance, ports []listener) bool {
	for _, one := range ports {
		if !n.Processes.Listens(one.port) {
			return false // the kernel knows that sooner than systemd
		}
	}
	groups := map[string]string{}
	for _, one := range ports {
		group, known := groups[one.unit]
		if !known {
			unit, err := n.Systemd.Unit(ctx, one.unit)
			if err != nil || !unit.Active() {
				return false
			}
			group = unit.ControlGroup
			groups[one.unit] = group
		}
		if !n.Processes.Serves(group, one.port) {
			return false
		}
	}
	_, err := n.ask(ctx, release.Health)
	return err == nil
}

// goesOnServing asks the process itself, now and a moment later, without a restart in between: Consul's checks hold the
// result of the earlier process for a while.
func (n *Node) goesOnServing(ctx context.Context, release document.Instance) bool {
	if !n.serves(ctx, release, listeners(release)) {
		return false
	}
	before := n.restarts(ctx, release)
	host.Pause(ctx, time.Duration(release.Health.SteadySeconds*float64(time.Second)))
	return n.serves(ctx, release, listeners(release)) && n.restarts(ctx, release) == before
}

// patience with a release that does not serve yet.
func (n *Node) patience(release document.Instance) time.Duration {
	if release.Health.StartSeconds > 0 {
		return time.Duration(release.Health.StartSeconds * float64(time.Second))
	}
	return n.Timing.Health
}

// awaitHealth waits until the release serves. fresh says that Consul has no result of an earlier process.
func (n *Node) awaitHealth(ctx context.Context, release document.Instance, fresh bool, served []int) bool {
	if !isCalled(release) {
		return n.awaitJob(ctx, release, fresh)
	}
	well := func() bool { return n.goesOnServing(ctx, release) }
	if fresh {
		well = func() bool { return n.serves(ctx, release, listeners(release)) }
	}
	patience := n.patience(release)
	if !n.until(ctx, release, patience, well) ||
		!n.until(ctx, release, n.Timing.Health, func() bool { return n.registered(ctx, release) }) ||
		!n.until(ctx, release, patience, func() bool { return n.checksPass(ctx, release) }) {
		return false
	}
	if !n.wait(ctx, n.Timing.Served, func() bool { return n.listens(served) }) {
		n.Host.Say("not every port that %s served before is open again: %v", release.Name, served)
	}
	return ctx.Err() == nil && !n.crashLooping(ctx, release)
}

func (n *Node) registered(ctx context.Context, release document.Instance) bool {
	for _, id := range IDs(release.Kind, release.Name) {
		if status, err := n.Agent.Status(ctx, id); err != nil || status == "absent" {
			return false
		}
	}
	return true
}

func (n *Node) checksPass(ctx context.Context, release document.Instance) bool {
	ids := IDs(release.Kind, release.Name)
	if len(ids) == 0 {
		return true
	}
	checks, err := n.Agent.Checks(ctx, ids...)
	if err != nil {
		return false
	}
	for _, check := range checks {
		if check.Status != "passing" {
			return false
		}
	}
	return true
}

func (n *Node) listens(ports []int) bool {
	for _, port := range ports {
		if !n.Processes.Listens(port) {
			return false
		}
	}
	return true
}
