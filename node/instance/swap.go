package instance

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"gatehouse/node/consul"
	"gatehouse/node/host"
)

// swapTo installs the release's files and restarts the units that they change.
func (a *apply) swapTo(ctx context.Context, isNew, outage bool) error {
	unlock, err := a.Host.Lock(ctx, nodeLock)
	if err != nil {
		return err
	}
	// Only what changes the whole node needs the lock; waiting for a process does not.
	locked := true
	release := func() {
		if locked {
			unlock()
		}
		locked = false
	}
	defer release()
	if err := a.keep(ctx); err != nil {
		return err
	}
	introduces := isNew && a.release.Health.Direct && isCalled(a.release) && !a.beforeInside()
	if err := a.install(ctx, introduces); err != nil {
		return err
	}
	restart := a.changed.units
	if introduces {
		if err := a.removeLeaving(ctx); err != nil {
			return err
		}
		release()
		if err := a.introduce(ctx, slices.Contains(restart, mainUnit(a.release.Name)), outage); err != nil {
			return err
		}
		restart = slices.DeleteFunc(slices.Clone(restart), func(unit string) bool { return unit == mainUnit(a.release.Name) })
	} else {
		if a.changed.definition || isNew || a.registeredOtherwise(ctx) {
			defer a.holdOtherPort(outage)()
			if isNew {
				a.preRegister(ctx)
			}
			if err := a.reloadConsul(ctx); err != nil {
				return err
			}
		}
		if err := a.removeLeaving(ctx); err != nil {
			return err
		}
	}
	release()
	if restart, err = a.sidecarFirst(ctx, restart); err != nil {
		return err
	}
	a.awaitUpstreams(ctx, restart)
	if err := a.restart(ctx, restart, outage); err != nil {
		return err
	}
	if a.changed.signal && !isNew {
		a.swap.signalled = true
		a.swap.restarts, _ = a.Systemd.Restarts(ctx, mainUnit(a.release.Name))
		if err := a.signal(ctx, a.release); err != nil {
			return err
		}
	}
	return a.start(ctx, startedUnits(a.release)...)
}

// keep the files and units that the swap is going to touch, and register the way back.
func (a *apply) keep(ctx context.Context) error {
	name := a.release.Name
	paths := []string{definitionPath(name), secretEnvPath(name)}
	for _, file := range a.changed.files {
		paths = append(paths, file.path)
	}
	leaving, leavingUnits := a.leaving()
	paths = append(paths, leaving...)
	units := append(startedUnits(a.release), leavingUnits...)
	for _, unit := range units {
		paths = append(paths, dropIns(a.Host, unit)...)
	}
	if !a.hand.Empty() {
		paths = append(append(paths, a.hand.files(a.Host)...), leavingPath(definitionPath(name)))
		units = append(units, a.otherUnits()...)
	}
	var found []string
	for _, path := range paths {
		isFound := a.old == nil && a.Host.Exists(path) || a.replaced(path)
		if isFound && !slices.Contains(found, path) {
			found = append(found, path)
		}
	}
	for _, unit := range units {
		paths = append(append(paths, runtimeMask(unit)), leftDropIns(a.Host, unit)...)
	}
	swap, err := a.take(ctx, paths, units)
	if err == nil && !a.hand.Empty() {
		swap.aside = a.otherUnits()
		err = errors.Join(swap.keepPersisted(a.hand), a.noteTakeover(swap))
	}
	if err != nil {
		return fmt.Errorf("what is here could not be kept: %w", errors.Join(err, swap.drop()))
	}
	if err := a.Host.Backup(found...); err != nil {
		return errors.Join(err, swap.drop())
	}
	if a.old == nil && len(found) > 0 {
		a.foundBefore = found
	}
	a.swap = swap
	a.undo.Add("put the files and units of "+name+" back", a.restore)
	return nil
}

// install the files. A definition that is introduced later is removed, so that no other reload registers it before the
// process serves.
func (a *apply) install(ctx context.Context, introduces bool) error {
	name := a.release.Name
	for _, file := range a.changed.files {
		if introduces && file.path == definitionPath(name) {
			continue
		}
		if err := a.Host.Write(file.path, file.content, file.mode, file.owner); err != nil {
			return fmt.Errorf("%s could not be written: %w", file.path, err)
		}
	}
	if introduces {
		if err := a.Host.Remove(definitionPath(name)); err != nil {
			return err
		}
	}
	if a.changed.stale != "" {
		if err := a.Host.Remove(a.changed.stale); err != nil {
			return err
		}
	}
	// Before Envoy or a process opens a port that is new.
	a.fence(name, false)
	return a.enable(ctx)
}

// leaving are the files that the earlier release had and this one does not have, and the units among them: a service that
// becomes a gateway has no sidecar any more. What a person put in their place stays.
func (a *apply) leaving() (files, units []string) {
	had := configFiles(a.Host, a.release.Name)
	if a.old != nil {
		had = append(had, paths(*a.old)...)
	}
	slices.Sort(had)
	for _, path := range slices.Compact(had) {
		if hasPath(a.release, path) || !belongsTo(a.release.Name, path) || a.replaced(path) {
			continue
		}
		files = append(files, path)
		if filepath.Dir(path) == host.UnitDir {
			units = append(units, filepath.Base(path))
		}
	}
	return files, units
}

func (a *apply) removeLeaving(ctx context.Context) error {
	files, units := a.leaving()
	a.swap.willRemove(units)
	if err := a.removeUnits(ctx, units...); err != nil {
		return err
	}
	leavesFence := a.leavesFence()
	for _, file := range files {
		if err := a.Host.Remove(file); err != nil {
			return err
		}
	}
	if slices.Contains(files, definitionPath(a.release.Name)) { // nothing calls it any more, and it calls nothing
		if err := a.reloadConsul(ctx); err != nil {
			return err
		}
	}
	if leavesFence { // its Envoy asks the agent itself
		a.fence(a.release.Name, true)
	}
	return nil
}

func (a *apply) reloadConsul(ctx context.Context) error {
	a.swap.reloadConsul = true
	return consul.ReloadWhenThere(ctx, a.Agent)
}
