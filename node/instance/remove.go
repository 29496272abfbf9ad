package instance

import (
	"context"
	"errors"
	"path/filepath"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
)

// Remove takes instances off this node without losing a request: first no caller is sent to them any more, then they finish
// what they have, then they go. What could not be removed is back in traffic.
func (n *Node) Remove(ctx context.Context, names ...string) error {
	if len(names) == 0 {
		return nil
	}
	leaving := map[string]document.Instance{}
	for _, name := range names {
		if current, there := Current(n.Host, name); there {
			leaving[name] = current
			// What Consul does not take is removed all the same.
			_ = n.hide(ctx, current.Kind, name)
		}
	}
	pause(ctx, n.Timing.Heard)
	var failed []error
	for _, name := range names {
		current, there := leaving[name]
		if there {
			n.endRequests(ctx, current)
		}
		err := ctx.Err()
		if err == nil {
			err = n.remove(ctx, name)
		}
		if err != nil && there {
			err = errors.Join(err, n.undrain(context.WithoutCancel(ctx), current.Kind, name))
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// remove one instance: the definition first, so that no caller is sent here any more, then the units, then the files.
func (n *Node) remove(ctx context.Context, name string) error {
	n.Host.Say("removing %s", name)
	unlock, err := n.Host.Lock(ctx, instanceLock(name))
	if err != nil {
		return err
	}
	defer unlock()
	unlockNode, err := n.Host.Lock(ctx, nodeLock)
	if err != nil {
		return err
	}
	defer unlockNode()
	if err := n.Host.Remove(definitionPath(name)); err != nil {
		return err
	}
	if n.Agent.Answers(ctx) {
		if err := consul.ReloadWhenThere(ctx, n.Agent); err != nil {
			return err
		}
	}
	var units []string
	for _, unit := range Units(document.Service, name) {
		if n.Host.Exists(filepath.Join(host.UnitDir, unit)) {
			units = append(units, unit)
		}
	}
	if err := n.RemoveUnits(ctx, units...); err != nil {
		return err
	}
	return errors.Join(
		n.Host.Remove(filepath.Join(host.EnvDir, name+".env")),
		n.Host.Remove(secretEnvPath(name)),
		n.Host.Remove(TokenFile(name)),
		n.Host.Remove(Home(name)),
	)
}

// RemoveUnits stops units, and takes their files away.
func (n *Node) RemoveUnits(ctx context.Context, units ...string) error {
	if len(units) == 0 {
		return nil
	}
	_ = n.Systemd.Stop(ctx, units...) // one that does not end in time is killed by systemd
	_ = n.Systemd.Disable(ctx, units...)
	var failed []error
	for _, unit := range units {
		failed = append(failed, n.Host.Remove(filepath.Join(host.UnitDir, unit)))
	}
	failed = append(failed, n.Systemd.DaemonReload(ctx))
	_ = n.Systemd.ResetFailed(ctx, units...)
	return errors.Join(failed...)
}
