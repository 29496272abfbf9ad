package instance

import (
	"context"
	"fmt"
	"regexp"

	"gatehouse/node/document"
)

var isUnitName = regexp.MustCompile(`^[A-Za-z0-9:_.\\@-]{1,247}\.service$`)

// checkUnitName refuses a unit that cannot be one of others.
func checkUnitName(release document.Instance) error {
	unit := release.Unit
	switch {
	case unit == "" && release.SameProcessAs == "":
		return nil
	case release.Kind != document.Service:
		return fmt.Errorf("%s is a gateway, and runs no program of another unit", release.Name)
	case !isUnitName.MatchString(unit):
		return fmt.Errorf("%q, whose process is to serve as %s, is not the name of a service's unit", unit, release.Name)
	case Reserved(unit[:len(unit)-len(".service")]):
		return fmt.Errorf("%s cannot serve as %s: that unit is the node's own", unit, release.Name)
	}
	return nil
}

// checkUnit refuses a unit without a process, before anything is changed: no deploy starts the unit of others. One of a mesh is
// changed by deploys, so it is no unit of others.
func (a *apply) checkUnit(ctx context.Context) error {
	name, unit := a.release.Name, a.release.Unit
	state, err := a.Systemd.Unit(ctx, unit)
	if err != nil {
		return err
	}
	switch {
	case a.release.SameProcessAs != "":
		other, there := Current(a.Host, a.release.SameProcessAs)
		if !there || other.Mesh != a.release.Mesh || processUnit(other) != unit {
			return fmt.Errorf("%s is served by the process of %s, which this mesh does not run on this node: deploy %s here first", name, a.release.SameProcessAs, a.release.SameProcessAs)
		}
	case a.wrote(state.FragmentPath):
		return fmt.Errorf("%s was written by Gatehouse (%s), so %s cannot have it as a unit of others: name another unit, or write sameProcessAs with the service whose unit it is", unit, state.FragmentPath, name)
	}
	switch {
	case state.LoadState == notFound:
		return fmt.Errorf("there is no unit %s on this node, whose process is to serve as %s: install it, or correct run.unit", unit, name)
	case !state.Active():
		return fmt.Errorf("%s, whose process serves as %s, is %s: no deploy starts it. See why: systemctl status %s", unit, name, state.ActiveState, unit)
	case state.ControlGroup == "":
		return fmt.Errorf("%s has no process (%s, %s), so it cannot serve as %s: name the unit that has it, see: ss -ltnp sport = :%d", unit, state.ActiveState, state.SubState, name, a.release.Port)
	}
	return nil
}

// checkOwnUnit refuses to take the name of a unit of others: one that served as this very service until now.
func (a *apply) checkOwnUnit(ctx context.Context) error {
	unit := mainUnit(a.release.Name)
	if a.old == nil || a.old.Unit == "" {
		return nil // FindByHand has looked, or the unit is the earlier release's
	}
	state, err := a.Systemd.Unit(ctx, unit)
	if err != nil || state.LoadState == notFound || a.wrote(state.FragmentPath) {
		return err
	}
	return fmt.Errorf("%s is a unit of others (%s), and the release would write its own under that name: give the service another name", unit, state.FragmentPath)
}
