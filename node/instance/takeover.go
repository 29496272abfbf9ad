package instance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// takeOver puts the first release into service in place of what a person made: that stops before the new begins, since two
// sidecars of one service must never run side by side, and comes back when the new one is not well.
func (a *apply) takeOver(ctx context.Context, files []liveFile) error {
	a.Host.Say("taking over what was made by hand: %s", a.hand)
	a.served = a.servedByHand(ctx)
	if err := a.noteTakeover(nil); err != nil {
		return err
	}
	drained, err := a.drainByHand(ctx)
	if err == nil && !drained && a.show != nil {
		err = a.show(ctx)
	}
	if err != nil {
		return err
	}
	a.outage = !drained
	a.handServed = a.listening(a.hand)
	defer a.Hold.Release(a.release.Name)
	if err := a.swapByHand(ctx, files); err != nil {
		return err
	}
	// Twice: a reload of Consul's agent has the sidecar of a service that fails pass for a moment, so there is none before the
	// release serves; and only with it the agent's checks look at their own intervals.
	if !a.awaitHealth(ctx, a.release, drained, a.served) {
		return cmp.Or(ctx.Err(), errUnhealthy)
	}
	if err := a.dropByHand(ctx); err != nil {
		return err
	}
	if !a.awaitHealth(ctx, a.release, drained, a.served) {
		return cmp.Or(ctx.Err(), errUnhealthy)
	}
	return nil
}

// swapByHand from the old to the new. Where no other instance serves meanwhile, new connections wait.
func (a *apply) swapByHand(ctx context.Context, files []liveFile) error {
	definition, err := a.definition(files)
	if err != nil {
		return err
	}
	unlock, err := a.Host.Lock(ctx, nodeLock)
	if err != nil {
		return err
	}
	defer unlock()
	if err := a.keep(ctx); err != nil {
		return err
	}
	if err := a.installUnits(ctx, files); err != nil {
		return err
	}
	began := time.Now()
	if a.outage {
		if err := a.Hold.Hold(a.release.Name, a.heldByHand()); err != nil {
			a.Host.Say("connections could not be held back (%v); they are refused meanwhile", err)
		}
	}
	if err := a.endByHand(ctx); err != nil {
		return err
	}
	if err := a.register(ctx, definition); err != nil {
		return err
	}
	if moved := a.movedPorts(); a.outage && len(moved) > 0 {
		if err := a.Hold.Redirect(a.release.Name, moved); err != nil {
			a.Host.Say("callers that still call the port that the sidecar had are refused for a moment: %v", err)
		}
	}
	if err := a.writeFence(files); err != nil {
		return err
	}
	if err := a.startInstead(ctx); err != nil {
		return err
	}
	if a.outage {
		a.Host.Say("%s was away for %d ms: it is the only instance that serves", a.release.Name, time.Since(began).Milliseconds())
		a.Hold.Open(a.release.Name)
		// The agent looks at the checks as the release has them, now that the ports are open.
		return a.announce(ctx, definition, withResults(definition.content))
	}
	return nil
}

// installUnits and all else but the definition and the fence. What runs by hand does not notice.
func (a *apply) installUnits(ctx context.Context, files []liveFile) error {
	for _, file := range files {
		if file.path == definitionPath(a.release.Name) || isFence(file.path) {
			continue
		}
		if err := a.Host.Write(file.path, file.content, file.mode, file.owner); err != nil {
			return fmt.Errorf("%s could not be written: %w", file.path, err)
		}
	}
	if a.changed.stale != "" {
		if err := a.Host.Remove(a.changed.stale); err != nil {
			return err
		}
	}
	return a.enable(ctx)
}

// startInstead starts the units, and waits until every port listens.
func (a *apply) startInstead(ctx context.Context) error {
	units := OwnUnits(a.release)
	for _, unit := range units {
		a.swap.restarted[unit] = true
	}
	_ = a.Systemd.ResetFailed(ctx, units...)
	if err := a.start(ctx, units...); err != nil {
		return err
	}
	ports := append(portsOf(listeners(a.release)), a.served...)
	listens := func() bool { return a.listens(ports) }
	host.Wait(ctx, a.Timing.Health, restartPoll, func() bool { return listens() || a.crashLooping(ctx, a.release) })
	if !listens() {
		return cmp.Or(ctx.Err(), errUnhealthy)
	}
	return nil
}

// heldByHand are ports that are closed until the release serves.
func (a *apply) heldByHand() []int {
	ports := slices.Clone(a.served)
	if a.release.Kind == document.Service {
		ports = append(ports, portsOf(listeners(a.release))...)
	}
	for _, one := range a.hand.Registrations {
		if one.Port > 0 {
			ports = append(ports, one.Port)
		}
	}
	if a.release.Unit != "" { // it goes on, and may serve others than the mesh
		ports = slices.DeleteFunc(ports, func(port int) bool {
			isItsOwn := func(holding Holding) bool { return holding.Unit == a.release.Unit }
			return slices.ContainsFunc(a.Processes.Holders("", port), isItsOwn)
		})
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// movedPorts are those of sidecars made by hand, which callers' Envoys know for a moment longer.
func (a *apply) movedPorts() map[int]int {
	moved := map[int]int{}
	for _, one := range a.hand.Registrations {
		if one.Kind == proxyKind && one.Port > 0 && one.Port != a.release.SidecarPort && a.release.SidecarPort > 0 {
			moved[one.Port] = a.release.SidecarPort
		}
	}
	return moved
}

// servedByHand are the ports that a gateway made by hand listens on by its routes.
func (a *apply) servedByHand(ctx context.Context) []int {
	if a.release.Kind == document.Service {
		return nil
	}
	var ports []int
	for _, admin := range a.adminsByHand() {
		ports = append(ports, a.routedPorts(ctx, admin)...)
	}
	return ports
}

func (a *apply) adminsByHand() []int {
	var ports []int
	for _, unit := range a.hand.Units {
		if port := a.adminPort(unit); port > 0 {
			ports = append(ports, port)
		}
	}
	return ports
}
