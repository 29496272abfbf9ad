package instance

import (
	"context"
	"errors"
	"path/filepath"

	"gatehouse/node/host"
)

// RemoveUnits stops units and removes their files, or leaves them as they were.
func (n *Node) RemoveUnits(ctx context.Context, units ...string) error {
	var files []string
	for _, unit := range units {
		files = append(files, filepath.Join(host.UnitDir, unit))
	}
	before, err := n.take(ctx, files, units)
	if err == nil {
		before.willRemove(units)
		if err = n.removeUnits(ctx, units...); err != nil {
			err = errors.Join(err, n.putBack(ctx, before))
		}
	}
	return errors.Join(err, before.drop())
}

// willRemove notes what restoring these units takes.
func (s *snapshot) willRemove(units []string) {
	s.disabled = s.disabled || len(units) > 0
	for _, unit := range units {
		s.restarted[unit] = true
	}
}

// putBack restores an instance that could not be removed.
func (n *Node) putBack(ctx context.Context, before *snapshot) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goBackStep)
	defer cancel()
	return before.restore(ctx)
}

func (n *Node) removeUnits(ctx context.Context, units ...string) error {
	if len(units) == 0 {
		return nil
	}
	if err := n.stop(ctx, units...); err != nil {
		return err
	}
	_ = n.Systemd.Disable(ctx, units...) // at worst, dangling links are left
	var failed []error
	for _, unit := range units {
		failed = append(failed, n.Host.Remove(filepath.Join(host.UnitDir, unit)))
	}
	failed = append(failed, n.Systemd.DaemonReload(ctx))
	_ = n.Systemd.ResetFailed(ctx, units...)
	return errors.Join(failed...)
}
