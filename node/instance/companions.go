package instance

import (
	"context"
	"errors"
	"slices"

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

// sharedPorts are those of companions whose process restarts with these units.
func (a *apply) sharedPorts(units []string) []int {
	var ports []int
	if slices.Contains(units, mainUnit(a.release.Name)) {
		for _, one := range a.companions(a.release) {
			ports = append(ports, one.Port)
		}
	}
	return ports
}

// drainCompanions sends their callers elsewhere as well, where the process restarts and other nodes serve meanwhile.
func (a *apply) drainCompanions(ctx context.Context) {
	if !slices.Contains(a.changed.units, mainUnit(a.release.Name)) {
		return
	}
	for _, one := range a.companions(a.release) {
		if !one.Drain || !a.othersServe(ctx, one) {
			a.Host.Say("%s is served by the same process, and no other instance of it passes its checks: it is not drained", one.Name)
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
