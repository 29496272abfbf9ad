package instance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"gatehouse/node/systemd"
)

// snapshot is what a change may touch, as it was: files and units. Files are kept as a second link next to them, so that
// putting them back needs no room on a disk that has become full.
type snapshot struct {
	node  *Node
	files []keptFile
	units []systemd.Unit
	// restarted are units that the change has started again, or tried to.
	restarted map[string]bool
	// reloadConsul says that the change made Consul hear of another definition.
	reloadConsul bool
}

type keptFile struct {
	path string
	// kept is the second link; "" where there was no file.
	kept string
}

func keptPath(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".gatehouse-before")
}

// take a snapshot. A path may stand in it more than once.
func (n *Node) take(ctx context.Context, paths []string, units []string) (*snapshot, error) {
	s := &snapshot{node: n, restarted: map[string]bool{}}
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		file := keptFile{path: path}
		if err := n.Host.Remove(keptPath(path)); err != nil {
			return s, err
		}
		if n.Host.Exists(path) {
			file.kept = keptPath(path)
			if err := n.Host.HardLink(path, file.kept); err != nil {
				return s, err
			}
		}
		s.files = append(s.files, file)
	}
	for _, name := range units {
		unit, err := n.Systemd.Unit(ctx, name)
		if err != nil {
			return s, err
		}
		s.units = append(s.units, unit)
	}
	return s, nil
}

// drop what was kept.
func (s *snapshot) drop() {
	for _, file := range s.files {
		if file.kept != "" {
			_ = s.node.Host.Remove(file.kept)
		}
	}
}

// restore everything as it was, units included. It goes on after an error.
func (s *snapshot) restore(ctx context.Context) error {
	n := s.node
	var failed []error
	note := func(err error) { failed = append(failed, err) }
	// A definition that was not there goes first: then no caller is sent to a process that is about to stop.
	for _, file := range s.files {
		if file.kept == "" {
			note(n.Host.Remove(file.path))
		}
	}
	for _, file := range s.files {
		if file.kept != "" {
			if err := os.MkdirAll(filepath.Dir(n.Host.Path(file.path)), 0o755); err != nil {
				note(err)
			}
			note(os.Rename(n.Host.Path(file.kept), n.Host.Path(file.path)))
			// A rename of one name of a file to another name of it does nothing.
			note(n.Host.Remove(file.kept))
		}
	}
	if s.reloadConsul {
		note(n.Agent.Reload(ctx))
	}
	var stop, restart, disable []string
	for _, unit := range s.units {
		was := unit.Active() || unit.ActiveState == "activating" || unit.ActiveState == "reloading"
		switch {
		case !was:
			stop = append(stop, unit.Name)
		case s.restarted[unit.Name]:
			restart = append(restart, unit.Name)
		}
		if unit.UnitFileState != "enabled" {
			disable = append(disable, unit.Name)
		}
	}
	if len(stop) > 0 {
		// A unit of which there is no file any more is not loaded after the reload: it is stopped before.
		_ = n.Systemd.Stop(ctx, stop...)
	}
	if len(disable) > 0 {
		_ = n.Systemd.Disable(ctx, disable...)
	}
	note(n.Systemd.DaemonReload(ctx))
	_ = n.Systemd.ResetFailed(ctx, append(slices.Clone(stop), restart...)...)
	if len(restart) > 0 {
		note(n.Systemd.Restart(ctx, restart...))
	}
	return errors.Join(failed...)
}
