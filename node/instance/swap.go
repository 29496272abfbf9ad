package instance

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
)

// swapTo installs the release's files and starts again what has to run otherwise.
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
	introduces := isNew && a.release.Health.Direct
	if err := a.install(ctx, introduces); err != nil {
		return err
	}
	restart := a.changed.units
	if introduces {
		release()
		if err := a.introduce(ctx, slices.Contains(restart, mainUnit(a.release.Name)), outage); err != nil {
			return err
		}
		restart = slices.DeleteFunc(slices.Clone(restart), func(unit string) bool { return unit == mainUnit(a.release.Name) })
	} else if a.changed.definition || isNew {
		if err := a.reloadConsul(ctx); err != nil {
			return err
		}
	}
	release()
	a.awaitUpstreams(ctx, restart)
	if err := a.restart(ctx, restart, outage); err != nil {
		return err
	}
	return a.start(ctx, Units(a.release.Kind, a.release.Name)...)
}

const (
	// goBackLock is how long going back waits for the node's lock.
	goBackLock = 30 * time.Second
	// goBackStep is how long one step of the way back may take: the earlier release has to become healthy in it.
	goBackStep = 6 * time.Minute
)

// keep what the swap is going to touch, and register the way back.
func (a *apply) keep(ctx context.Context) error {
	name := a.release.Name
	paths := []string{definitionPath(name), secretEnvPath(name)}
	for _, file := range a.changed.files {
		paths = append(paths, file.path)
	}
	units := Units(a.release.Kind, name)
	for _, unit := range units {
		paths = append(paths, dropIns(a.Host, unit)...)
	}
	var found []string
	if a.old == nil {
		for _, path := range paths {
			if a.Host.Exists(path) && !slices.Contains(found, path) {
				found = append(found, path)
			}
		}
	}
	for _, unit := range units {
		paths = append(append(paths, runtimeMask(unit)), leftDropIns(a.Host, unit)...)
	}
	swap, err := a.take(ctx, paths, units)
	if err != nil {
		return fmt.Errorf("what is here could not be kept: %w", errors.Join(err, swap.drop()))
	}
	if err := a.Host.Backup(found...); err != nil {
		return errors.Join(err, swap.drop())
	}
	if len(found) > 0 {
		a.foundBefore = found
	}
	a.swap = swap
	a.undo.Add("put the files and units of "+name+" back", a.restore)
	return nil
}

// restore what was here, and wait until the earlier release serves.
func (a *apply) restore(ctx context.Context) error {
	unlock := a.lockToGoBack(ctx)
	err := a.swap.restore(ctx)
	unlock()
	if err != nil {
		return err
	}
	if a.old == nil || len(a.swap.restarted) == 0 || !a.swap.ran() {
		return nil
	}
	if !a.awaitHealth(ctx, *a.old, false, a.served) {
		a.Node.report(ctx, *a.old)
		return errors.New("it does not serve")
	}
	return nil
}

// lockToGoBack is the node's lock, if it can be had soon: going back must not fail for want of it, nor because the
// connection went away.
func (a *apply) lockToGoBack(ctx context.Context) (unlock func()) {
	patient := *a.Host
	patient.Attended = nil
	patient.LockTimeout = min(patient.LockTimeout, goBackLock)
	unlock, err := patient.Lock(ctx, nodeLock)
	if err != nil {
		return func() {}
	}
	return unlock
}

// install the files. A definition that is introduced later is taken away: no other reload is to make it known before the
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
	units := Units(a.release.Kind, name)
	if err := a.clearOverrides(ctx, units); err != nil {
		return err
	}
	a.swap.enabled = true
	if err := a.Systemd.Enable(ctx, units...); err != nil {
		return fmt.Errorf("the units of %s could not be enabled: %w", name, err)
	}
	if err := a.Systemd.DaemonReload(ctx); err != nil {
		return fmt.Errorf("systemd did not read the units of %s: %w", name, err)
	}
	return nil
}

// clearOverrides takes away what a person put over the units by hand; copies are kept.
func (a *apply) clearOverrides(ctx context.Context, units []string) error {
	for _, unit := range units {
		for _, path := range dropIns(a.Host, unit) {
			if err := a.Host.Backup(path); err != nil {
				return err
			}
			if err := a.Host.Remove(path); err != nil {
				return err
			}
			a.Host.RemoveEmpty(filepath.Dir(path))
		}
		if a.Host.Exists(runtimeMask(unit)) {
			if err := a.Systemd.UnmaskRuntime(ctx, unit); err != nil {
				return fmt.Errorf("%s is masked: %w", unit, err)
			}
		}
	}
	return nil
}

// runtimeMask of a unit: a link to /dev/null that ends with the next boot.
func runtimeMask(unit string) string { return filepath.Join("/run/systemd/system", unit) }

func (a *apply) reloadConsul(ctx context.Context) error {
	a.swap.reloadConsul = true
	return consul.ReloadWhenThere(ctx, a.Agent)
}

// introduce starts a new instance and makes it known to Consul with the result that its check has by then.
func (a *apply) introduce(ctx context.Context, restart, outage bool) error {
	unit := mainUnit(a.release.Name)
	var err error
	if restart {
		err = a.restart(ctx, []string{unit}, outage)
	} else {
		err = a.start(ctx, unit)
	}
	if err != nil {
		return err
	}
	own := listeners(a.release)[:1]
	if !a.until(ctx, a.release, a.Timing.Health, func() bool { return a.serves(ctx, a.release, own) }) {
		return cmpErr(ctx.Err(), errUnhealthy)
	}
	unlock, err := a.Host.Lock(ctx, nodeLock)
	if err != nil {
		return err
	}
	defer unlock()
	files, err := a.files()
	if err != nil {
		return err
	}
	at := slices.IndexFunc(files, func(file liveFile) bool { return file.path == definitionPath(a.release.Name) })
	if at < 0 {
		return fmt.Errorf("the release of %s holds no definition", a.release.Name)
	}
	definition := files[at]
	if err := a.Host.Write(definition.path, withResult(definition.content), definition.mode, definition.owner); err != nil {
		return err
	}
	if err := a.reloadConsul(ctx); err != nil {
		return err
	}
	// Without the result: an agent that starts again has to look itself.
	return a.Host.Write(definition.path, definition.content, definition.mode, definition.owner)
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func (a *apply) start(ctx context.Context, units ...string) error {
	if err := a.Systemd.Start(ctx, units...); err != nil {
		return a.didNotStart(ctx, err)
	}
	return nil
}

func (a *apply) didNotStart(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	a.Host.Say("%v", err)
	return errUnhealthy
}

// restartPoll is short: callers wait meanwhile.
const restartPoll = 20 * time.Millisecond

// restart units. In an outage, where no other instance serves, new connections are held back while the ports are closed.
func (a *apply) restart(ctx context.Context, units []string, outage bool) error {
	if len(units) == 0 {
		return nil
	}
	for _, unit := range units {
		a.swap.restarted[unit] = true
	}
	_ = a.Systemd.ResetFailed(ctx, units...) // restarts are counted from here
	if !outage {
		if err := a.Systemd.Restart(ctx, units...); err != nil {
			return a.didNotStart(ctx, err)
		}
		return nil
	}
	closing := a.closing(units)
	began := time.Now()
	if err := a.Hold.Hold(a.release.Name, closing); err != nil {
		a.Host.Say("connections could not be held back (%v); they are refused meanwhile", err)
	}
	defer a.Hold.Release(a.release.Name)
	if err := a.Systemd.Restart(ctx, units...); err != nil {
		return a.didNotStart(ctx, err)
	}
	open := func() bool { return a.listens(closing) || a.crashLooping(ctx, a.release) }
	if !host.Wait(ctx, a.Timing.Health, restartPoll, open) {
		return cmpErr(ctx.Err(), errUnhealthy)
	}
	if !a.crashLooping(ctx, a.release) {
		a.Host.Say("%s was away for %d ms: it is the only instance that serves", a.release.Name, time.Since(began).Milliseconds())
	}
	return nil
}

// closing are the ports that are closed while these units restart.
func (a *apply) closing(units []string) []int {
	if a.release.Kind != document.Service {
		return a.served
	}
	var ports []int
	for _, one := range listeners(a.release) {
		if slices.Contains(units, one.unit) {
			ports = append(ports, one.port)
		}
	}
	return ports
}

// firstFreePort is the first one that needs no capability.
const firstFreePort = 1024

// servedPorts are what a gateway listens on by its routes, now, and will in this release: the last listener below port
// 1024 goes with the right to have one.
func (a *apply) servedPorts(ctx context.Context) []int {
	if a.release.Kind == document.Service {
		return nil
	}
	least := firstFreePort
	for _, file := range a.release.Files {
		if strings.Contains(file.Content, "\nAmbientCapabilities=CAP_NET_BIND_SERVICE") {
			least = 1
		}
	}
	var ports []int
	found, _ := a.Envoy(a.release.AdminPort).Listeners(ctx)
	for _, one := range found {
		if one.Address == "0.0.0.0" && one.Port >= least {
			ports = append(ports, one.Port)
		}
	}
	return ports
}

// awaitUpstreams lets a process that starts find its upstreams open, so that it does not begin with errors.
func (a *apply) awaitUpstreams(ctx context.Context, restart []string) {
	sidecar := envoyUnit(a.release)
	if len(a.release.Upstreams) == 0 || slices.Contains(restart, sidecar) {
		return
	}
	if unit, err := a.Systemd.Unit(ctx, sidecar); err != nil || !unit.Active() {
		return
	}
	a.wait(ctx, a.Timing.Upstreams, func() bool { return a.hasUpstreams(ctx, a.release) })
}

// hasUpstreams says whether Envoy listens for exactly these; a port may still be another upstream's.
func (n *Node) hasUpstreams(ctx context.Context, release document.Instance) bool {
	found, err := n.Envoy(release.AdminPort).Listeners(ctx)
	if err != nil {
		return false
	}
	names := map[string]bool{}
	for _, one := range found {
		names[one.Name] = true
	}
	for _, upstream := range release.Upstreams {
		if !names[fmt.Sprintf("%s:127.0.0.1:%d", upstream.Name, upstream.LocalPort)] {
			return false
		}
	}
	return true
}

// awaitMoved waits for connections that the process opened before the swap: they may still call the upstream that it had,
// and what comes after this in a deploy no longer allows that.
func (n *Node) awaitMoved(ctx context.Context, release document.Instance) {
	if len(release.Upstreams) == 0 {
		return
	}
	if !n.wait(ctx, n.Timing.Moved, func() bool { return n.hasUpstreams(ctx, release) }) && ctx.Err() == nil {
		n.Host.Say("the Envoy of %s does not listen for all of its upstreams", release.Name)
	}
	ended := func() bool {
		draining, err := n.Envoy(release.AdminPort).Draining(ctx)
		return err == nil && draining == 0
	}
	if !n.wait(ctx, n.Timing.Moved, ended) && ctx.Err() == nil {
		n.Host.Say("%s still has connections to upstreams that it had before", release.Name)
	}
}

// takeBack ends when callers may be sent here again. A signal shortens the wait alone: no instance stays hidden.
func (n *Node) takeBack(ctx context.Context, release document.Instance) error {
	if err := n.undrain(context.WithoutCancel(ctx), release.Kind, release.Name); err != nil {
		return err
	}
	if n.wait(ctx, n.Timing.Offered, func() bool { return n.offered(ctx, release) }) {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s serves with release %s; this run was ended before Consul's servers offered it to callers: %w", release.Name, release.Release, ctx.Err())
	}
	return fmt.Errorf("%s passes its checks on this node, but after %s Consul's servers do not offer it to callers; see 'mesh status' and: journalctl -u consul -n 50", release.Name, n.Timing.Offered)
}

// tellOpen warns of a service that other nodes can reach past the mesh, where there are neither certificates nor intentions.
func (n *Node) tellOpen(ctx context.Context, release document.Instance) {
	if release.Kind != document.Service {
		return
	}
	unit, err := n.Systemd.Unit(ctx, mainUnit(release.Name))
	if err != nil {
		return
	}
	for _, at := range n.Processes.Open(unit.ControlGroup) {
		n.Host.Say("warning: %s also listens on %s for other nodes: whoever reaches that calls it past the mesh; have it listen on 127.0.0.1 alone", unit.Name, at)
	}
}

// dropBinaries of this list that no release needs.
func (n *Node) dropBinaries(ctx context.Context, binaries []string) error {
	if len(binaries) == 0 {
		return nil
	}
	unlock, err := n.Host.Lock(ctx, BinariesLock)
	if err != nil {
		return err
	}
	defer unlock()
	needed := NeededBinaries(n.Host)
	var failed []error
	for _, binary := range binaries {
		if !needed[binary] && document.ValidName(binary) {
			failed = append(failed, n.Host.Remove(filepath.Join(host.Binaries, binary)))
		}
	}
	return errors.Join(failed...)
}
