package instance

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
)

// takeOver puts the first release into service in place of what a person made: that stops before the new begins, since two
// sidecars of one service must never run side by side, and comes back when the new one is not well.
func (a *apply) takeOver(ctx context.Context, files []liveFile) error {
	a.Host.Say("taking over what was made by hand: %s", a.hand)
	a.served = a.servedByHand(ctx)
	drained, err := a.drainByHand(ctx)
	if err != nil {
		return err
	}
	a.outage = !drained
	a.handServed = a.listening(a.hand)
	defer a.Hold.Release(a.release.Name)
	if err := a.swapByHand(ctx, files); err != nil {
		return err
	}
	if !a.awaitHealth(ctx, a.release, drained, a.served) {
		return cmpErr(ctx.Err(), errUnhealthy)
	}
	return nil
}

// swapByHand from the old to the new. Where no other instance serves meanwhile, new connections wait.
func (a *apply) swapByHand(ctx context.Context, files []liveFile) error {
	unlock, err := a.Host.Lock(ctx, nodeLock)
	if err != nil {
		return err
	}
	defer unlock()
	if err := a.keep(ctx); err != nil {
		return err
	}
	if err := a.swap.keepPersisted(a.hand); err != nil {
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
	if err := a.register(ctx, files); err != nil {
		return err
	}
	if moved := a.movedPorts(); a.outage && len(moved) > 0 {
		if err := a.Hold.Redirect(a.release.Name, moved); err != nil {
			a.Host.Say("callers that still call the port that the sidecar had are refused for a moment: %v", err)
		}
	}
	if err := a.startInstead(ctx); err != nil {
		return err
	}
	if a.outage {
		a.Host.Say("%s was away for %d ms: it is the only instance that serves", a.release.Name, time.Since(began).Milliseconds())
		a.Hold.Open(a.release.Name)
	}
	return a.dropByHand(ctx)
}

// installUnits and all else but the definition. What runs by hand does not notice.
func (a *apply) installUnits(ctx context.Context, files []liveFile) error {
	for _, file := range files {
		if file.path == definitionPath(a.release.Name) {
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
	units := Units(a.release.Kind, a.release.Name)
	for _, unit := range units {
		a.swap.restarted[unit] = true
	}
	_ = a.Systemd.ResetFailed(ctx, units...)
	if err := a.start(ctx, units...); err != nil {
		return err
	}
	var ports []int
	for _, one := range listeners(a.release) {
		ports = append(ports, one.port)
	}
	done := func() bool { return a.listens(append(ports, a.served...)) || a.crashLooping(ctx, a.release) }
	if !host.Wait(ctx, a.Timing.Health, restartPoll, done) {
		return cmpErr(ctx.Err(), errUnhealthy)
	}
	return nil
}

// register the release with Consul, and what has the same ids no more. In an outage there is no other instance to send callers
// to, so a new check begins with the result that is hoped for.
func (a *apply) register(ctx context.Context, files []liveFile) error {
	own := definitionPath(a.release.Name)
	at := slices.IndexFunc(files, func(file liveFile) bool { return file.path == own })
	if at < 0 {
		return fmt.Errorf("the release of %s holds no definition", a.release.Name)
	}
	for _, path := range a.hand.Definitions {
		switch {
		case path == own && !a.replaces():
			// Its registrations stay for as long as callers' Envoys have not heard of the new one.
			if err := a.Host.HardLink(own, leavingPath(a.release.Name)); err != nil {
				return err
			}
		case path != own && a.replaces():
			if err := a.Host.Remove(path); err != nil {
				return err
			}
		}
	}
	definition := files[at]
	content := definition.content
	if a.outage {
		content = withResults(content)
	}
	if err := a.Host.Write(own, content, definition.mode, definition.owner); err != nil {
		return err
	}
	if a.replaces() {
		if err := a.deregister(ctx); err != nil {
			return err
		}
	}
	if err := a.reloadConsul(ctx); err != nil {
		return err
	}
	// Without the results: an agent that starts again has to look itself.
	return a.Host.Write(own, definition.content, definition.mode, definition.owner)
}

// leavingPath is where a definition stays for a moment whose place the release takes.
func leavingPath(name string) string {
	return filepath.Join(host.ConsulDir, "gatehouse-leaving-"+name+".hcl")
}

// replaces says whether the registrations made by hand cannot be there together with the release's: they have an id of
// these, or a sidecar would not know which of two proxies it is.
func (a *apply) replaces() bool {
	own := IDs(a.release.Kind, a.release.Name)
	isOwn := func(id string) bool { return slices.Contains(own, id) }
	return slices.ContainsFunc(a.hand.services, isOwn) || slices.ContainsFunc(a.hand.sidecars, isOwn) ||
		slices.ContainsFunc(a.hand.Registrations, func(one consul.Registration) bool { return isOwn(one.OfID) })
}

// deregister what came through Consul's API under other ids.
func (a *apply) deregister(ctx context.Context) error {
	own := IDs(a.release.Kind, a.release.Name)
	for _, one := range a.hand.Persisted {
		if slices.Contains(own, one.id) {
			continue // Consul forgets it for the definition
		}
		a.swap.reloadConsul = true
		err := withTokens(a.tokens(a.hand, one.id), func(token string) error { return a.Agent.Deregister(ctx, one.id, token) })
		if err != nil {
			return fmt.Errorf("the registration %q could not be taken away: %w", one.id, err)
		}
	}
	return nil
}

// dropByHand takes away what only was there for going back or for callers that had not heard yet. Copies were kept.
func (a *apply) dropByHand(ctx context.Context) error {
	if !a.replaces() {
		pause(ctx, a.Timing.Heard) // callers' Envoys hear of the new registration
		for _, path := range append(slices.Clone(a.hand.Definitions), leavingPath(a.release.Name)) {
			if path == definitionPath(a.release.Name) {
				continue
			}
			if err := a.Host.Remove(path); err != nil {
				return err
			}
		}
		if err := a.deregister(ctx); err != nil {
			return err
		}
	}
	if err := a.reloadConsul(ctx); err != nil { // also for the checks' own intervals
		return err
	}
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
		if !slices.Contains(Units(a.release.Kind, a.release.Name), unit.Name) {
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

// withResults gives the first check of a service and those of its sidecar the result passing to begin with. An alias of another
// check looks again only when that one changes.
func withResults(definition []byte) []byte {
	const sidecarCheck = "      checks = [\n        {\n"
	text := string(withResult(definition))
	text = strings.Replace(text, sidecarCheck, sidecarCheck+"          status   = \"passing\"\n", 1)
	text = aliasCheck.ReplaceAllString(text, "${0}\n          status        = \"passing\"")
	return []byte(checkInterval.ReplaceAllString(text, `${1}"60s"`))
}

var aliasCheck = regexp.MustCompile(`(?m)^\s+alias_service = .*$`)

// checkInterval of a check: a longer one, since two looks at ports that are not open yet would make the only instance critical.
var checkInterval = regexp.MustCompile(`(?m)^(\s+interval\s*= )"[^"]*"$`)

// heldByHand are ports that are closed until the release serves.
func (a *apply) heldByHand() []int {
	ports := slices.Clone(a.served)
	if a.release.Kind == document.Service {
		for _, one := range listeners(a.release) {
			ports = append(ports, one.port)
		}
	}
	for _, one := range a.hand.Registrations {
		if one.Port > 0 {
			ports = append(ports, one.Port)
		}
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
