package setup

import "context"

// drain installs the unit that takes the node out of the mesh before it shuts down. A running one goes on: systemd reads from
// the new file what to do when it stops.
func (s *setup) drain(ctx context.Context) error {
	unit, err := s.units.Unit(ctx, drainName)
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
	written, err := s.undo.Install(s.h, *s.doc.DrainUnit)
	reload = reload || written
	if err != nil {
		return err
	}
	if unit.UnitFileState != "enabled" {
		reload = true
		s.undo.Add("disable "+drainName, func(ctx context.Context) error { return s.units.Disable(ctx, drainName) })
		if err := s.units.Enable(ctx, drainName); err != nil {
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
	s.undo.Add("stop "+drainName, func(ctx context.Context) error {
		err := s.units.Stop(ctx, drainName)
		_ = s.units.ResetFailed(ctx, drainName)
		return err
	})
	return s.units.Start(ctx, drainName)
}
