package setup

import (
	"context"

	"gatehouse/node/document"
)

// unit installs a unit of the node. A running one goes on: systemd reads from the new file what to do when it stops.
func (s *setup) unit(ctx context.Context, name string, file document.File) error {
	unit, err := s.units.Unit(ctx, name)
	if err != nil {
		return err
	}
	reload := unit.NeedDaemonReload
	s.undo.Add("have systemd read its units again", func(ctx context.Context) error {
		if !reload {
			return nil
		}
		return s.units.DaemonReload(ctx)
	})
	written, err := s.undo.Install(s.h, file)
	reload = reload || written
	if err != nil {
		return err
	}
	if unit.UnitFileState != "enabled" {
		reload = true
		s.undo.Add("disable "+name, func(ctx context.Context) error { return s.units.Disable(ctx, name) })
		if err := s.units.Enable(ctx, name); err != nil {
			return err
		}
	}
	if reload {
		if err := s.units.DaemonReload(ctx); err != nil {
			return err
		}
	}
	if unit.Active() {
		return nil
	}
	s.undo.Add("stop "+name, func(ctx context.Context) error {
		err := s.units.Stop(ctx, name)
		_ = s.units.ResetFailed(ctx, name)
		return err
	})
	return s.units.Start(ctx, name)
}
