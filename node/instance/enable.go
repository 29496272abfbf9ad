package instance

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"gatehouse/node/host"
	"gatehouse/node/systemd"
)

// enable the units, and reload systemd if it has earlier ones in memory.
func (a *apply) enable(ctx context.Context) error {
	name := a.release.Name
	units := startedUnits(a.release)
	if err := a.clearOverrides(ctx, units); err != nil {
		return err
	}
	if !a.swap.allEnabled() {
		a.swap.enabled = true
		if err := a.Systemd.Enable(ctx, units...); err != nil {
			return fmt.Errorf("the units of %s could not be enabled: %w", name, err)
		}
	}
	// systemd reads a new unit when the unit is started. Reading all of them again takes long.
	if a.swap.hadUnits() && a.changesUnits() {
		if err := a.Systemd.DaemonReload(ctx); err != nil {
			return fmt.Errorf("systemd did not read the units of %s: %w", name, err)
		}
	}
	// Before the agent has the definition that asks there.
	return a.start(ctx, units[len(OwnUnits(a.release)):]...)
}

// changesUnits says whether a unit in systemd's memory differs from the one on the disk.
func (a *apply) changesUnits() bool {
	isUnit := func(file liveFile) bool { return filepath.Dir(file.path) == host.UnitDir }
	stale := func(unit systemd.Unit) bool { return unit.NeedDaemonReload }
	return slices.ContainsFunc(a.changed.files, isUnit) || slices.ContainsFunc(a.swap.units, stale) ||
		a.swap.overridden || a.swap.enabled // it remembers whether a unit is enabled, too
}
