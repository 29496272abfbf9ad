package instance

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// introduce starts a new instance, and registers it in Consul once it serves, with that result of its check.
func (a *apply) introduce(ctx context.Context, restart, outage bool) error {
	if err := a.startProcess(ctx, restart, outage); err != nil {
		return err
	}
	own := listeners(a.release)[:1]
	if !a.until(ctx, a.release, a.patience(a.release), func() bool { return a.serves(ctx, a.release, own) }) {
		return cmp.Or(ctx.Err(), errUnhealthy)
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
	definition, err := a.definition(files)
	if err != nil {
		return err
	}
	a.preRegister(ctx)
	return a.announce(ctx, definition, withResult(definition.content))
}

// startProcess starts the unit of the service's program, if that is the instance's own.
func (a *apply) startProcess(ctx context.Context, restart, outage bool) error {
	unit := mainUnit(a.release.Name)
	switch {
	case a.release.Unit != "":
		return nil
	case restart:
		return a.restart(ctx, []string{unit}, outage)
	}
	return a.start(ctx, unit)
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

// restart units. In an outage, where no other instance serves, new connections are held back while the ports are closed; and so are
// those to other services of the process that no other instance serves.
func (a *apply) restart(ctx context.Context, units []string, outage bool) error {
	if len(units) == 0 {
		return nil
	}
	for _, unit := range units {
		a.swap.restarted[unit] = true
	}
	_ = a.Systemd.ResetFailed(ctx, units...) // restarts are counted from here
	shared := a.shared(units)
	var closing []int
	if outage {
		closing = a.closing(units)
	}
	began := time.Now()
	if held := append(calledPorts(shared), closing...); len(held) > 0 {
		if err := a.Hold.Hold(a.release.Name, held); err != nil {
			a.Host.Say("connections could not be held back (%v); they are refused meanwhile", err)
		}
		defer a.Hold.Release(a.release.Name)
	}
	if err := a.Systemd.Restart(ctx, units...); err != nil {
		return a.didNotStart(ctx, err)
	}
	if outage {
		if err := a.awaitOpen(ctx, closing, began); err != nil {
			return err
		}
	}
	a.awaitShared(ctx, shared, began)
	return ctx.Err()
}

// holdOtherPort holds connections to a port that the instance did not have before: its sidecar calls it as soon as Consul has read the
// definition, and the process opens it only after its restart, which lets them go. The result lets them go, too.
func (a *apply) holdOtherPort(outage bool) (release func()) {
	if !outage || a.old == nil || a.old.Port == a.release.Port || !slices.Contains(a.changed.units, mainUnit(a.release.Name)) {
		return func() {}
	}
	_ = a.Hold.Hold(a.release.Name, []int{a.release.Port}) // where that fails, the restart says so
	return func() { a.Hold.Release(a.release.Name) }
}

// awaitOpen waits until the ports of the only instance are open again, as long as a release may take to start.
func (a *apply) awaitOpen(ctx context.Context, closing []int, began time.Time) error {
	open := func() bool { return a.listens(closing) || a.crashLooping(ctx, a.release) }
	switch {
	case host.Wait(ctx, min(a.Timing.Health, a.patience(a.release)), restartPoll, open):
	case ctx.Err() == nil && a.patience(a.release) > a.Timing.Health:
		a.Host.Say("%s takes longer: connections are refused from now on, until it listens", a.release.Name)
		return nil
	default:
		return cmp.Or(ctx.Err(), errUnhealthy)
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

// servedPorts are the ports on which a gateway listens for its routes now and in this release: without the right to open
// ports below 1024, it loses those.
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
	return slices.DeleteFunc(a.routedPorts(ctx, a.release.AdminPort), func(port int) bool { return port < least })
}

// routedPorts are those on which an Envoy listens for routes.
func (n *Node) routedPorts(ctx context.Context, adminPort int) []int {
	var ports []int
	found, _ := n.Envoy(adminPort).Listeners(ctx)
	for _, one := range found {
		if one.Address == "0.0.0.0" {
			ports = append(ports, one.Port)
		}
	}
	return ports
}
