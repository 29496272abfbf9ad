package instance

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"gatehouse/node/consul"
	"gatehouse/node/host"
)

// RemoveByHand takes away what a person made, when its requests have ended, and keeps copies; or leaves it as it was.
func (n *Node) RemoveByHand(ctx context.Context, found *ByHand) error {
	unlock, err := n.Host.Lock(ctx, nodeLock)
	if err != nil {
		return err
	}
	defer unlock()
	files := slices.DeleteFunc(found.files(n.Host), func(path string) bool { return !n.Host.Exists(path) })
	if err := n.Host.Backup(files...); err != nil {
		return err
	}
	var units []string
	for _, unit := range found.Units {
		units = append(units, unit.Name)
		if port := n.adminPort(unit); port > 0 {
			n.lastAnswers(ctx, port)
			n.wait(ctx, n.Timing.Drain, func() bool { return n.quiet(ctx, port) })
		}
	}
	before, err := n.take(ctx, slices.Clone(files), units)
	if err == nil {
		err = before.keepPersisted(found)
	}
	if err == nil {
		if err = n.removePartsByHand(ctx, before, found, files, units); err != nil {
			err = errors.Join(err, n.putBack(ctx, before))
		}
	}
	return errors.Join(err, before.drop())
}

func (n *Node) removePartsByHand(ctx context.Context, before *snapshot, found *ByHand, files, units []string) error {
	before.willRemove(units)
	if err := n.removeUnits(ctx, units...); err != nil {
		return err
	}
	for _, file := range files {
		if err := n.Host.Remove(file); err != nil {
			return err
		}
		if filepath.Dir(file) != host.UnitDir && filepath.Dir(file) != host.ConsulDir {
			n.Host.RemoveEmpty(filepath.Dir(file)) // of drop-ins
		}
	}
	before.reloadConsul = true
	if err := consul.ReloadWhenThere(ctx, n.Agent); err != nil {
		return err
	}
	for _, one := range found.Registrations {
		if status, err := n.Agent.Status(ctx, one.ID); err != nil || status == consul.Absent {
			continue
		}
		err := withTokens(n.tokens(found, one.ID), func(token string) error { return n.Agent.Deregister(ctx, one.ID, token) })
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
