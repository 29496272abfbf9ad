package instance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
	"gatehouse/node/undo"
)

// snapshot has the files and units that a change may touch, as they were. Files are kept as a second link next to them, so
// that a full disk does not stop the way back.
type snapshot struct {
	node  *Node
	files []keptFile
	units []systemd.Unit
	// restarted are units that the change has restarted, or tried to.
	restarted map[string]bool
	// signalled says that the main process was told to read other configuration files.
	signalled bool
	// restarts of the main process by systemd until then.
	restarts int
	// enabled says that the change has enabled the units, or tried to.
	enabled bool
	// overridden says that the change removed a person's drop-in or mask.
	overridden bool
	// disabled says that the change disabled the units.
	disabled bool
	// reloadConsul says that the change reloaded Consul with another definition.
	reloadConsul bool
	// aside are units of other names, which the change does not enable.
	aside []string
}

type keptFile struct {
	path string
	// kept is the second link; "" where there was no file.
	kept string
}

// take a snapshot. paths may contain a path more than once.
func (n *Node) take(ctx context.Context, paths []string, units []string) (*snapshot, error) {
	s := &snapshot{node: n, restarted: map[string]bool{}}
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		file := keptFile{path: path}
		if err := n.Host.Remove(undo.Kept(path)); err != nil {
			return s, err
		}
		if n.Host.Exists(path) {
			file.kept = undo.Kept(path)
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

// allEnabled says whether every unit starts with the node.
func (s *snapshot) allEnabled() bool {
	return !slices.ContainsFunc(s.units, func(unit systemd.Unit) bool { return unit.UnitFileState != "enabled" })
}

// hadUnits says whether systemd had read one of the units.
func (s *snapshot) hadUnits() bool {
	return slices.ContainsFunc(s.units, func(unit systemd.Unit) bool { return unit.LoadState != notFound })
}

// notFound is the state of a unit of which there is no file.
const notFound = "not-found"

// drop the second links.
func (s *snapshot) drop() error {
	var failed []error
	for _, file := range s.files {
		if file.kept != "" {
			failed = append(failed, s.node.Host.Remove(file.kept))
		}
		if folder := filepath.Dir(file.path); strings.HasSuffix(folder, ".service.d") {
			s.node.Host.RemoveEmpty(folder) // of drop-ins that are gone
		}
	}
	return errors.Join(failed...)
}

// restore everything as it was, units included. It goes on after an error, and needs no room on the disk.
func (s *snapshot) restore(ctx context.Context) error {
	isDefinition := func(file keptFile) bool { return filepath.Dir(file.path) == host.ConsulDir || isPersisted(file.path) }
	// The definition is restored first, so that no caller is sent to a process that is about to stop.
	failed := s.restoreFiles(isDefinition)
	if s.reloadConsul {
		failed = append(failed, consul.ReloadWhenThere(ctx, s.node.Agent))
	}
	failed = append(failed, s.endUnits(ctx)...) // before their files are removed: systemd needs those to disable them
	failed = append(failed, s.restoreFiles(func(file keptFile) bool { return !isDefinition(file) })...)
	s.restoreFences()
	return errors.Join(append(failed, s.beginUnits(ctx)...)...)
}

func (s *snapshot) restoreFiles(which func(keptFile) bool) (failed []error) {
	n := s.node
	for _, file := range s.files {
		switch {
		case !which(file):
		case file.kept == "":
			failed = append(failed, n.Host.Remove(file.path))
		default:
			failed = append(failed,
				os.Rename(n.Host.Path(file.kept), n.Host.Path(file.path)),
				// A rename of one name of a file to another name of it does nothing.
				n.Host.Remove(file.kept))
		}
	}
	return failed
}

// started says whether systemd had begun to run a unit.
func started(unit systemd.Unit) bool {
	return unit.Active() || unit.ActiveState == "activating" || unit.ActiveState == "reloading"
}

// ran says whether all units ran.
func (s *snapshot) ran() bool {
	return !slices.ContainsFunc(s.units, func(unit systemd.Unit) bool { return !started(unit) && !isHealth(unit.Name) })
}

// endUnits stops and disables units that were not running and enabled before.
func (s *snapshot) endUnits(ctx context.Context) (failed []error) {
	var stop, disable []string
	for _, unit := range s.units {
		if !started(unit) {
			stop = append(stop, unit.Name)
		}
		if s.enabled && unit.UnitFileState != "enabled" && !slices.Contains(s.aside, unit.Name) {
			disable = append(disable, unit.Name)
		}
	}
	if len(stop) > 0 {
		failed = append(failed, s.node.stop(ctx, stop...))
	}
	if len(disable) > 0 {
		failed = append(failed, s.node.Systemd.Disable(ctx, disable...))
	}
	return failed
}

// beginUnits restarts and enables the units that the change stopped and disabled.
func (s *snapshot) beginUnits(ctx context.Context) (failed []error) {
	var names, restart, enable []string
	for _, unit := range s.units {
		names = append(names, unit.Name)
		if started(unit) && s.restarted[unit.Name] {
			restart = append(restart, unit.Name)
		}
		if s.disabled && unit.UnitFileState == "enabled" {
			enable = append(enable, unit.Name)
		}
	}
	if len(enable) > 0 {
		failed = append(failed, s.node.Systemd.Enable(ctx, enable...))
	}
	failed = append(failed, s.node.Systemd.DaemonReload(ctx))
	_ = s.node.Systemd.ResetFailed(ctx, names...)
	if len(restart) > 0 {
		failed = append(failed, s.node.Systemd.Restart(ctx, restart...))
	}
	return failed
}

// stop units. systemd kills one that does not end in time: that is no error as long as none runs any more.
func (n *Node) stop(ctx context.Context, units ...string) error {
	stopped := n.Systemd.Stop(ctx, units...)
	if stopped == nil {
		return nil
	}
	for _, name := range units {
		if unit, err := n.Systemd.Unit(ctx, name); err != nil || started(unit) {
			return stopped
		}
	}
	return nil
}
