package instance

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/undo"
)

// takeoverPath is a file that is there while a takeover goes on: the units by hand, and the paths of files, one a line. After a
// killed run, a unit that does not run any more is not found by its ports.
func takeoverPath(name string) string { return undo.Kept(filepath.Join(Home(name), "taking-over")) }

// noted lines of a takeover that goes on, or whose run was killed.
func (n *Node) noted(name string) (units, files []string) {
	text, _ := n.Host.Read(takeoverPath(name))
	for _, line := range strings.Fields(string(text)) {
		if filepath.IsAbs(line) {
			files = append(files, line)
		} else {
			units = append(units, line)
		}
	}
	return units, files
}

func (a *apply) noteTakeover() error {
	_, lines := a.noted(a.release.Name)
	lines = append(lines, a.hand.files(a.Host)...)
	for _, unit := range a.hand.Units {
		lines = append(lines, unit.Name)
	}
	for _, one := range a.hand.Persisted {
		for _, path := range one.files {
			lines = append(lines, nextToPersisted(path))
		}
	}
	slices.Sort(lines)
	text := strings.Join(slices.Compact(lines), "\n") + "\n"
	return a.undo.Write(a.Host, takeoverPath(a.release.Name), []byte(text), 0o644, host.Owner{})
}

// findToTakeOver finds what is there by hand. After a killed run, Consul may know what is in no file any more, until it reloads.
func (n *Node) findToTakeOver(ctx context.Context, release document.Instance) (*ByHand, error) {
	found, err := n.FindByHand(ctx, release.Kind, release.Name)
	if err != nil || len(found.unkept) == 0 || !n.Host.Exists(takeoverPath(release.Name)) {
		return found, err
	}
	if err := consul.ReloadWhenThere(ctx, n.Agent); err != nil {
		return nil, err
	}
	return n.FindByHand(ctx, release.Kind, release.Name)
}
