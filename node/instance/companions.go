package instance

import (
	"context"
	"errors"
	"slices"
	"time"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// companions are the instances of this node that the process of a service serves, too.
func (n *Node) companions(release document.Instance) []document.Instance {
	var found []document.Instance
	for _, name := range n.Host.List(host.Instances) {
		one, there := Current(n.Host, name)
		if there && one.Mesh == release.Mesh && one.SameProcessAs == release.Name {
			found = append(found, one)
		}
	}
	return found
}

// shared are the companions whose process restarts with these units, and which are called meanwhile: no other instance serves them.
func (a *apply) shared(units []string) []document.Instance {
	if !slices.Contains(units, mainUnit(a.release.Name)) {
		return nil
	}
	return slices.DeleteFunc(a.companions(a.release), func(one document.Instance) bool {
		return slices.ContainsFunc(a.drained, func(drained document.Instance) bool { return drained.Name == one.Name })
	})
}

func calledPorts(all []document.Instance) []int {
	var ports []int
	for _, one := range all {
		ports = append(ports, one.Port)
	}
	return ports
}

// awaitShared waits until companions can be called again. One whose port the new release does not open is not waited for long, and the
// process's own port does not wait for it.
func (a *apply) awaitShared(ctx context.Context, shared []document.Instance, began time.Time) {
	if len(shared) == 0 {
		return
	}
	open := func() bool { return a.listens(calledPorts(shared)) || a.crashLooping(ctx, a.release) }
	if !open() {
		_ = a.Hold.Hold(a.release.Name, calledPorts(shared)) // these alone
	}
	if !host.Wait(ctx, a.Timing.Served, restartPoll, open) || a.crashLooping(ctx, a.release) {
		return // what follows finds out why
	}
	for _, one := range shared {
		a.Host.Say("%s was away for %d ms: it is served by the same process as %s, and no other instance of it serves", one.Name, time.Since(began).Milliseconds(), a.release.Name)
	}
}

// drainCompanions sends their callers elsewhere as well, where the process restarts and other nodes serve meanwhile.
func (a *apply) drainCompanions(ctx context.Context) {
	if !slices.Contains(a.changed.units, mainUnit(a.release.Name)) {
		return
	}
	for _, one := range a.companions(a.release) {
		if !one.Drain || !a.othersServe(ctx, one) {
			a.Host.Say("%s is served by the same process, and no other instance of it passes its checks: its calls are held back meanwhile", one.Name)
			continue
		}
		a.undo.Add("end the maintenance mode of "+one.Name, func(ctx context.Context) error { return a.undrain(ctx, one.Kind, one.Name) })
		if err := a.hide(ctx, one.Kind, one.Name); err != nil {
			a.Host.Say("%s is served by the same process, and could not be taken out of traffic: %v", one.Name, err)
			continue
		}
		a.drained = append(a.drained, one)
	}
}

// takeCompanionsBack sends callers here again: also after a run that was killed. One whose port the new release does not open is
// not waited for long: its own release may be the next to change.
func (a *apply) takeCompanionsBack(ctx context.Context) error {
	var failed []error
	for _, one := range a.companions(a.release) {
		failed = append(failed, a.undrain(context.WithoutCancel(ctx), one.Kind, one.Name))
	}
	for _, one := range a.drained {
		if !a.wait(ctx, a.Timing.Served, func() bool { return a.offered(ctx, one) }) {
			a.Host.Say("warning: %s is served by the same process, and Consul's servers do not offer it to callers again", one.Name)
		}
	}
	return errors.Join(failed...)
}
