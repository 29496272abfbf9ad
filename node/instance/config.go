package instance

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/undo"
)

// stageConfig makes the folder of the service's configuration files. Its parent keeps every user but root out; the unit shows
// the folder to the service alone.
func (a *apply) stageConfig() error {
	folder := configFolder(a.release.Name)
	ofConfig := func(path string) bool { return isConfig(a.release.Name, path) }
	if !slices.ContainsFunc(paths(a.release), ofConfig) {
		return nil
	}
	if err := a.Host.Folder(host.Config, 0o700, host.Owner{}); err != nil {
		return err
	}
	if !a.Host.Exists(folder) {
		a.undo.Add("remove "+folder, func(context.Context) error {
			a.Host.RemoveEmpty(folder)
			return nil
		})
	}
	return a.Host.Folder(folder, 0o755, host.Owner{})
}

// signals says whether a change of this file is told to the process by a signal, which needs no restart.
func signals(release document.Instance, path string) bool {
	return release.Reload != "" && isConfig(release.Name, path)
}

// undeclaredConfig says whether the node has a configuration file that the release does not have.
func (n *Node) undeclaredConfig(release document.Instance) bool {
	return slices.ContainsFunc(configFiles(n.Host, release.Name), func(path string) bool {
		return !hasPath(release, path)
	})
}

// signal has the main process read its configuration files again.
func (n *Node) signal(ctx context.Context, release document.Instance) error {
	unit, err := n.Systemd.Unit(ctx, mainUnit(release.Name))
	if err != nil || !unit.Active() {
		return err // it reads them when it starts
	}
	n.Host.Say("%s is told by %s to read its configuration files", release.Name, release.Reload)
	return n.Systemd.Signal(ctx, unit.Name, int(unix.SignalNum(release.Reload)))
}

// warnOfSignal warns of a process that ended by the signal instead of reading its configuration files.
func (a *apply) warnOfSignal(ctx context.Context) {
	unit := mainUnit(a.release.Name)
	if now, err := a.Systemd.Restarts(ctx, unit); a.swap.signalled && err == nil && now > a.swap.restarts {
		a.Host.Say("warning: %s ended by %s (run.reload), and systemd started it again: requests were lost. Have the program read its configuration files at this signal, or remove reload: then a change of them restarts it in an orderly way", unit, a.release.Reload)
	}
}

// dropConfig removes the folder of an instance that has no configuration file any more, and what killed runs kept of its files.
func (n *Node) dropConfig(name string) {
	for _, file := range n.Host.List(host.Config) {
		if strings.HasPrefix(file, "."+name+".") && strings.HasSuffix(file, undo.KeptSuffix) {
			_ = n.Host.Remove(filepath.Join(host.Config, file))
		}
	}
	n.Host.RemoveEmpty(filepath.Clean(configFolder(name)), host.Config)
}
