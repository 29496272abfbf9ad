package instance

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"gatehouse/node/host"
)

// dropByHand takes away what only was there for going back or for callers that had not heard yet. Copies were kept.
func (a *apply) dropByHand(ctx context.Context) error {
	host.Pause(ctx, a.Timing.Heard) // callers' Envoys hear of the new registration
	unlock, err := a.Host.Lock(ctx, nodeLock)
	if err != nil {
		return err
	}
	defer unlock()
	if !a.replaces() {
		if err := a.dropRegistrations(ctx); err != nil {
			return err
		}
	}
	if err := a.reloadConsul(ctx); err != nil { // also for the checks' own intervals
		return err
	}
	return a.dropUnits(ctx)
}

// dropRegistrations by hand that were there together with the release's.
func (a *apply) dropRegistrations(ctx context.Context) error {
	if err := a.keepPorts(ctx, automaticPorts(a.hand.Registrations)); err != nil {
		return err
	}
	own := definitionPath(a.release.Name)
	for _, path := range append(slices.Clone(a.hand.Definitions), leavingPath(own)) {
		if path == own {
			continue
		}
		if err := a.Host.Remove(path); err != nil {
			return err
		}
	}
	return a.deregister(ctx)
}

// dropUnits of other names than the release's.
func (a *apply) dropUnits(ctx context.Context) error {
	others := a.otherUnits()
	if len(others) == 0 {
		return ctx.Err()
	}
	a.swap.disabled = true
	for _, path := range a.otherFiles() {
		if err := a.Host.Remove(path); err != nil {
			return err
		}
		a.Host.RemoveEmpty(filepath.Dir(path))
	}
	return errors.Join(a.removeUnits(ctx, others...), ctx.Err())
}

// otherUnits have another name than the release's.
func (a *apply) otherUnits() []string {
	var others []string
	for _, unit := range a.hand.Units {
		if !slices.Contains(OwnUnits(a.release), unit.Name) {
			others = append(others, unit.Name)
		}
	}
	return others
}

// otherFiles are drop-ins of units of other names.
func (a *apply) otherFiles() []string {
	var files []string
	for _, unit := range a.otherUnits() {
		files = append(files, dropIns(a.Host, unit)...)
	}
	return files
}
