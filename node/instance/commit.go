package instance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/undo"
)

// commit records the release, which serves by now. Like every step before it, this can be undone.
func (a *apply) commit() error {
	next := a.record
	next.Owner, next.Kind = a.release.Owner, a.release.Kind
	next.GivenUp = nil
	if a.old == nil {
		next.FoundBefore = a.foundBefore
	}
	replaced := ""
	if a.old != nil {
		replaced = a.old.Release
	}
	next.succeeded(a.release.Release, replaced)
	text, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return err
	}
	name := a.release.Name
	if err := a.undo.Write(a.Host, recordPath(name), append(text, '\n'), 0o644, host.Owner{}); err != nil {
		return err
	}
	if _, err := a.undo.Remove(a.Host, rolledBackPath(name)); err != nil {
		return err
	}
	if err := a.pointTo(a.release.Release); err != nil {
		return err
	}
	a.next = next
	return nil
}

// pointTo makes a release the current one.
func (a *apply) pointTo(release string) error {
	return a.undo.Link(a.Host, "releases/"+release, currentLink(a.release.Name))
}

// finish a run whose release serves and is recorded. From here on nothing is undone, not even after a signal.
func (a *apply) finish(ctx context.Context) error {
	name, release := a.release.Name, a.release
	a.final()
	a.awaitMoved(ctx, release)
	a.fence(name, true)
	// Callers are sent here again first, so that the next instance can be drained: tidying may wait for another run.
	back := errors.Join(a.takeBack(ctx, release), a.takeCompanionsBack(ctx))
	a.warnOfLeftovers(a.tidy(ctx))
	if back != nil {
		return back
	}
	a.warnOfBypass(ctx, release)
	a.Host.Say("%s serves (restarted: %s)", name, cmp.Or(strings.Join(a.changed.units, " "), "nothing"))
	return nil
}

// final gives up the way back.
func (a *apply) final() {
	// A killed run may also have kept files that this one did not change.
	name := a.release.Name
	written := append(paths(a.release), recordPath(name), rolledBackPath(name), currentLink(name))
	failed := []error{a.undo.Forget(), a.swap.drop(), undo.Clean(a.Host, written...)}
	killed, _, _ := a.readInterrupted(name)
	for _, kept := range killed.Files {
		if kept != "" {
			failed = append(failed, a.Host.Remove(kept))
		}
	}
	a.warnOfLeftovers(errors.Join(append(failed, a.Host.Remove(takeoverPath(name)))...))
	a.dropConfig(name)
}

// warnOfLeftovers warns of harmless leftovers.
func (a *apply) warnOfLeftovers(err error) {
	if err != nil {
		a.Host.Say("warning: parts of earlier releases of %s are left (%v); the next deploy or sweep tries again", a.release.Name, err)
	}
}

// tidy removes releases that are not on record, and binaries that only they needed.
func (a *apply) tidy(ctx context.Context) error {
	unneeded := a.record.GivenUp
	var failed []error
	folder := filepath.Join(Home(a.release.Name), "releases")
	for _, one := range a.Host.List(folder) {
		if slices.Contains(a.next.Releases, one) {
			continue
		}
		if found, err := Load(a.Host, filepath.Join(folder, one)); err == nil && found.Binary != nil {
			unneeded = append(unneeded, found.Binary.SHA256)
		}
		failed = append(failed, a.Host.Remove(filepath.Join(folder, one)))
	}
	return errors.Join(append(failed, a.dropBinaries(ctx, a.release.Mesh, unneeded))...)
}

// warnOfBypass warns of a service that other nodes can reach past the mesh, where there are neither certificates nor intentions.
func (n *Node) warnOfBypass(ctx context.Context, release document.Instance) {
	if release.Kind == document.IngressGateway {
		return
	}
	unit, err := n.Systemd.Unit(ctx, processUnit(release))
	if err != nil {
		return
	}
	for _, at := range n.Processes.Open(unit.ControlGroup) {
		if release.Unit != "" && release.SameProcessAs == "" {
			n.Host.Say("warning: %s also listens on %s for other nodes: a call to that address bypasses the mesh, and the unit is not Gatehouse's to change", unit.Name, at)
			continue
		}
		n.Host.Say("warning: %s also listens on %s for other nodes: a call to that address bypasses the mesh; have it listen only on 127.0.0.1", unit.Name, at)
	}
}
