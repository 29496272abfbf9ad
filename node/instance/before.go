package instance

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// mostBefore releases are remembered whose commands ran.
const mostBefore = 50

// runtimeUnits is where systemd finds units that are gone with the next boot.
const runtimeUnits = "/run/systemd/system"

func beforeUnit(name string) string { return "gatehouse-before-" + name + ".service" }

func beforeFolder(name string) string { return filepath.Join(host.Before, name) }

// sidecarBegins says whether the sidecar of the instance starts before the process: so that a job finds its upstreams, and so that
// the commands before a first release do.
func (a *apply) sidecarBegins() bool {
	return len(a.release.Upstreams) > 0 && (!isCalled(a.release) || a.beforeInside())
}

// beforeInside says whether the commands before the release run only after the sidecar was started. Nothing serves yet that could
// be touched.
func (a *apply) beforeInside() bool {
	return a.release.Before != nil && a.old == nil && a.hand.Empty() && len(a.release.Upstreams) > 0
}

// runBefore runs the commands before the release, if they did not run on this node yet. They see the files of the release, while those
// of the one that serves stay as they are.
func (a *apply) runBefore(ctx context.Context) error {
	name, unit := a.release.Name, beforeUnit(a.release.Name)
	end := func() { a.endBefore(context.WithoutCancel(ctx), name) }
	end() // what a killed run left
	if a.release.Before == nil || slices.Contains(a.record.Before, a.release.Release) {
		return nil
	}
	defer end()
	if err := a.stageBefore(); err != nil {
		return fmt.Errorf("what runs before the release could not be prepared: %w", err)
	}
	if state, err := a.Systemd.Unit(ctx, unit); err == nil && state.NeedDaemonReload { // systemd still has that of a killed run
		if err := a.Systemd.DaemonReload(ctx); err != nil {
			return err
		}
	}
	a.Host.Say("running what is to run before release %s of %s", a.release.Release, name)
	patience := a.patience(a.release)
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := a.Systemd.Start(bounded, unit); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		a.Host.Say("the last lines of what runs before release %s:\n%s", a.release.Release, a.Systemd.Journal(ctx, unit, 20))
		if bounded.Err() != nil {
			return fmt.Errorf("what runs before the release (run.before) did not end within %s: give it longer by health.startTimeout", patience)
		}
		return fmt.Errorf("what runs before the release (run.before) failed: %w", err)
	}
	return a.rememberBefore()
}

// rememberBefore keeps the commands of this release from running again on this node, even if the release does not work.
func (a *apply) rememberBefore() error {
	a.record.Before = append([]string{a.release.Release}, a.record.Before...)
	a.record.Before = a.record.Before[:min(len(a.record.Before), mostBefore)]
	if a.record.Mesh == "" {
		a.record.Owner = a.release.Owner
	}
	return a.record.write(a.Host, a.release.Name)
}

// stageBefore writes the unit of the commands, and the files that it reads.
func (a *apply) stageBefore() error {
	name, folder := a.release.Name, beforeFolder(a.release.Name)
	files, err := a.files()
	if err != nil {
		return err
	}
	for _, one := range []string{host.Before, folder} {
		if err := a.Host.Folder(one, 0o700, host.Owner{}); err != nil {
			return err
		}
	}
	if err := a.Host.Folder(filepath.Join(folder, "config"), 0o755, host.Owner{}); err != nil {
		return err
	}
	for _, file := range files {
		to := ""
		switch {
		case filepath.Dir(file.path) == host.EnvDir:
			to = filepath.Join(folder, "env")
		case file.path == secretEnvPath(name):
			to = filepath.Join(folder, "secret.env")
		case isConfig(name, file.path):
			to = filepath.Join(folder, "config", filepath.Base(file.path))
		default:
			continue
		}
		if err := a.Host.Write(to, file.content, file.mode, file.owner); err != nil {
			return err
		}
	}
	if err := a.Host.Folder(runtimeUnits, 0o755, host.Owner{}); err != nil {
		return err
	}
	return a.Host.Write(filepath.Join(runtimeUnits, beforeUnit(name)), []byte(a.release.Before.Unit), 0o644, host.Owner{})
}

// endBefore stops the commands and removes their unit and files.
func (n *Node) endBefore(ctx context.Context, name string) {
	unit := beforeUnit(name)
	path, folder := filepath.Join(runtimeUnits, unit), beforeFolder(name)
	if n.Host.Exists(path) {
		_ = n.Systemd.Stop(ctx, unit)
		_ = n.Systemd.ResetFailed(ctx, unit)
		_ = n.Host.Remove(path)
	}
	if n.Host.Exists(folder) {
		_ = n.Host.Remove(folder)
	}
}

// beforePrograms are the programs of the commands before a release.
func beforePrograms(release document.Instance) []string {
	if release.Before == nil {
		return nil
	}
	return release.Before.Programs
}
