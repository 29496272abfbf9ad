package instance

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/fence"
	"gatehouse/node/host"
)

// leaving is an instance that is being removed.
type leaving struct {
	name string
	// current release; nil when there is none.
	current *document.Instance
}

// Remove removes instances from this node without losing a request: first no caller is sent to them any more, then their
// requests end, then they are removed. An instance that could not be removed is as it was, and in traffic again.
func (n *Node) Remove(ctx context.Context, names ...string) error {
	return n.RemoveWhere(ctx, func(string) bool { return true }, names...)
}

// RemoveWhere removes those of the instances that may still be removed once this run holds their locks: another mesh may have
// taken a name meanwhile.
func (n *Node) RemoveWhere(ctx context.Context, may func(name string) bool, names ...string) error {
	names = slices.Clone(names)
	slices.Sort(names) // so that two runs take their locks in the same order
	names = slices.Compact(names)
	var all []leaving
	for _, name := range names {
		if err := checkName(name); err != nil {
			return fmt.Errorf("%w; nothing was removed", err)
		}
	}
	for _, name := range names {
		unlock, err := n.Host.Lock(ctx, instanceLock(name))
		if err != nil {
			return fmt.Errorf("%w; nothing was removed", err)
		}
		defer unlock()
		if !may(name) {
			continue
		}
		one := leaving{name: name}
		if current, there := Current(n.Host, name); there {
			one.current = &current
		}
		all = append(all, one)
	}
	return n.removeAll(ctx, all)
}

func (n *Node) removeAll(ctx context.Context, all []leaving) error {
	if len(all) == 0 {
		return nil
	}
	for _, one := range all {
		if one.current != nil && !n.replaced(definitionPath(one.name)) {
			// The instance is removed even if Consul refuses this.
			_ = n.hide(ctx, one.current.Kind, one.name)
		}
	}
	host.Pause(ctx, n.Timing.Heard)
	var failed []error
	for _, one := range all {
		if one.current != nil {
			n.endRequests(ctx, *one.current)
		}
		err := ctx.Err()
		if err == nil {
			err = n.remove(ctx, one.name)
		}
		if err != nil && one.current != nil {
			err = errors.Join(err, n.undrain(context.WithoutCancel(ctx), one.current.Kind, one.name))
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s could not be removed whole: %w", one.name, err))
		}
	}
	return errors.Join(failed...)
}

// remove one instance, or leave it as it was.
func (n *Node) remove(ctx context.Context, name string) error {
	n.Host.Say("removing %s", name)
	unlock, err := n.Host.Lock(ctx, nodeLock)
	if err != nil {
		return err
	}
	defer unlock()
	defer n.fence(name, true) // in the end: an instance without a fence counts as one of an earlier version
	if show, err := n.putBackInterrupted(ctx, name); err != nil {
		return err
	} else if show != nil {
		if err := show(ctx); err != nil {
			return err
		}
	}
	files, units := n.parts(name)
	files = append(append(files, configFiles(n.Host, name)...), n.unneededPorts(ctx)...)
	before, err := n.take(ctx, slices.Clone(files), units)
	if err == nil {
		if err = n.removeParts(ctx, before, files, units); err != nil {
			err = errors.Join(err, n.putBack(ctx, before))
		}
	}
	left := before.drop()
	if err == nil {
		n.Hold.Release(name) // of a run that was killed
	}
	if err == nil && left == nil {
		n.endBefore(context.WithoutCancel(ctx), name) // of a run that was killed
		n.dropConfig(name)
		left = n.purge(name)
	}
	if err == nil && left == nil {
		left = n.Host.Remove(Home(name)) // last: it is the record that the instance is the mesh's
	}
	if err == nil && left != nil {
		return fmt.Errorf("it does not run any more, but parts of it are left (%w); the next sweep tries again", left)
	}
	return errors.Join(err, left)
}

// parts are the files and units of an instance. Those that a person made under its name are not among them: they are there
// when a takeover failed, or when a person put them in place of ours.
func (n *Node) parts(name string) (files, units []string) {
	files = []string{filepath.Join(host.EnvDir, name+".env"), secretEnvPath(name), TokenFile(name), fence.Path(name)}
	paths := []string{definitionPath(name)}
	for _, unit := range allUnits(document.Service, name) {
		paths = append(paths, filepath.Join(host.UnitDir, unit))
	}
	for _, path := range paths {
		if n.replaced(path) {
			n.Host.Say("%s stays: Gatehouse did not write it", path)
			continue
		}
		if files = append(files, path); filepath.Dir(path) == host.UnitDir && n.Host.Exists(path) {
			units = append(units, filepath.Base(path))
		}
	}
	return files, units
}

// removeParts removes the definitions first, so that no caller is sent here any more, then the units, then the files.
func (n *Node) removeParts(ctx context.Context, before *snapshot, files, units []string) error {
	isDefinition := func(path string) bool { return filepath.Dir(path) == host.ConsulDir }
	for _, file := range files {
		if !isDefinition(file) {
			continue
		}
		if err := n.Host.Remove(file); err != nil {
			return err
		}
	}
	if n.Agent.Answers(ctx) {
		before.reloadConsul = true
		if err := consul.ReloadWhenThere(ctx, n.Agent); err != nil {
			return err
		}
	}
	before.willRemove(units)
	if err := n.removeUnits(ctx, units...); err != nil {
		return err
	}
	for _, file := range slices.DeleteFunc(files, isDefinition) {
		if err := n.Host.Remove(file); err != nil {
			return err
		}
	}
	return ctx.Err()
}
