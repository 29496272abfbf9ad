package instance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
	"gatehouse/node/undo"
)

// interrupted is the way back of a takeover. It is on the disk while the takeover goes on, so that a run that is killed leaves
// the way back to the next run.
type interrupted struct {
	Kind document.Kind
	// Unit of others, which the takeover leaves alone; "" for none.
	Unit string
	// Drained says that registrations may be in maintenance mode.
	Drained bool
	// Ports are automatic ports that sidecars had.
	Ports []int
	// Files has for each path that of the copy; "" where there was no file.
	Files map[string]string
	Units []interruptedUnit
}

// interruptedUnit is a unit as it was before the takeover.
type interruptedUnit struct {
	Name             string
	Started, Enabled bool
	Process          int
	// Aside says that the release has no unit of this name.
	Aside bool
}

func takeoverPath(name string) string { return undo.Kept(filepath.Join(Home(name), "taking-over")) }

// readInterrupted says whether a takeover goes on, or was killed.
func (n *Node) readInterrupted(name string) (note interrupted, there bool, err error) {
	path := takeoverPath(name)
	if !n.Host.Exists(path) {
		return note, false, nil
	}
	text, err := n.Host.Read(path)
	if err == nil {
		err = json.Unmarshal(text, &note)
	}
	if err != nil {
		return note, true, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return note, true, nil
}

// noteTakeover writes the way back. before is nil as long as no file or unit is changed.
func (a *apply) noteTakeover(before *snapshot) error {
	note := interrupted{Kind: a.release.Kind, Unit: a.release.Unit, Drained: a.release.Drain, Ports: automaticPorts(a.hand.Registrations), Files: map[string]string{}}
	if before != nil {
		for _, file := range before.files {
			note.Files[file.path] = file.kept
		}
		for _, unit := range before.units {
			aside := slices.Contains(before.aside, unit.Name)
			note.Units = append(note.Units, interruptedUnit{unit.Name, started(unit), unit.UnitFileState == "enabled", unit.MainPID, aside})
		}
	}
	text, err := json.MarshalIndent(note, "", "  ")
	if err != nil {
		return err
	}
	return a.undo.Write(a.Host, takeoverPath(a.release.Name), append(text, '\n'), 0o644, host.Owner{})
}

// putBackInterrupted puts back what a person made where a takeover was killed, so that each run begins with that. Once the release is
// the current one, it serves, and there is nothing to put back. show is nil, or has callers use again what is back.
func (n *Node) putBackInterrupted(ctx context.Context, name string) (show func(context.Context) error, err error) {
	note, there, err := n.readInterrupted(name)
	if _, serves := Current(n.Host, name); !there || serves {
		return nil, nil
	}
	var hand *apply
	if err == nil {
		n.Host.Say("a run was killed while it took over %s: what was made by hand is put back first", name)
		hand, err = note.putBack(ctx, n, name)
	}
	if err != nil {
		return nil, fmt.Errorf("a run was killed while it took over %s, and what was made by hand could not be put back: %w; copies of its files are under %s", name, err, host.Backups)
	}
	return func(ctx context.Context) error {
		if note.Drained {
			if err := hand.showByHand(ctx); err != nil {
				return err
			}
		}
		return n.Host.Remove(takeoverPath(name))
	}, nil
}

func (i interrupted) putBack(ctx context.Context, n *Node, name string) (*apply, error) {
	before, err := i.snapshot(ctx, n)
	if err != nil {
		return nil, err
	}
	hand := &apply{Node: n, release: document.Instance{Name: name, Kind: i.Kind}, keeps: i.Ports}
	if err := errors.Join(hand.keepNoPorts(), before.restore(ctx)); err != nil {
		return nil, err
	}
	if hand.hand, err = n.FindByHand(ctx, i.Kind, name, i.Unit); err != nil {
		return nil, err
	}
	if len(before.restarted) > 0 {
		listen := func() bool { return len(hand.listening(hand.hand)) == len(hand.hand.Registrations) }
		host.Wait(ctx, n.Timing.Served, restartPoll, listen)
	}
	copied := hand.hand.files(n.Host)
	for _, path := range hand.hand.KeptFiles() {
		copied = append(copied, nextToPersisted(path))
	}
	// The run may have been killed while it made copies.
	return hand, undo.Clean(n.Host, copied...)
}

// findByHand finds what is there by hand, and whether the declaration takes it over. After a killed takeover, callers stay sent elsewhere
// until this run ends: it would send them there again at once.
func (a *apply) findByHand(ctx context.Context) (err error) {
	if a.show, err = a.putBackInterrupted(ctx, a.release.Name); err != nil {
		return err
	}
	if a.hand, err = a.FindByHand(ctx, a.release.Kind, a.release.Name, a.release.Unit); err != nil {
		err = fmt.Errorf("%w; nothing was changed", err)
	} else {
		err = a.hand.refusal(a.release.TakeOver)
	}
	if a.show == nil {
		return err
	}
	if err != nil {
		return errors.Join(err, a.show(context.WithoutCancel(ctx)))
	}
	a.undo.Add("send callers to what was made by hand", a.show)
	return nil
}

// snapshot of the node before the takeover.
func (i interrupted) snapshot(ctx context.Context, n *Node) (*snapshot, error) {
	before := &snapshot{node: n, restarted: map[string]bool{}, enabled: true, disabled: true, reloadConsul: true}
	for path, kept := range i.Files {
		if kept == "" || n.Host.Exists(kept) {
			before.files = append(before.files, keptFile{path, kept})
		}
	}
	for _, one := range i.Units {
		now, err := n.Systemd.Unit(ctx, one.Name)
		if err != nil {
			return nil, err
		}
		if !one.Started && !started(now) && !n.Host.Exists(filepath.Join(host.UnitDir, one.Name)) {
			continue // the run was killed before it made this unit
		}
		before.units = append(before.units, one.before())
		if one.Started && (!started(now) || now.MainPID != one.Process) {
			before.restarted[one.Name] = true
		}
		if one.Aside {
			before.aside = append(before.aside, one.Name)
		}
	}
	return before, nil
}

func (u interruptedUnit) before() systemd.Unit {
	unit := systemd.Unit{Name: u.Name, ActiveState: "inactive", UnitFileState: "disabled"}
	if u.Started {
		unit.ActiveState = "active"
	}
	if u.Enabled {
		unit.UnitFileState = "enabled"
	}
	return unit
}
