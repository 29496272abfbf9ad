package instance

import (
	"bytes"
	"context"
	"path/filepath"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// changes that a release brings to the node.
type changes struct {
	// files that differ from the node's, in content, owner or mode.
	files []liveFile
	// stale is the file of secret variables when the release has none.
	stale string
	// units whose process is not the one that the release wants.
	units []string
	// signal says that the main process is only told of other configuration files.
	signal bool
	// definition says that Consul has to reload.
	definition bool
}

func (c changes) none() bool { return len(c.files) == 0 && len(c.units) == 0 }

func (n *Node) changes(ctx context.Context, release document.Instance, files []liveFile) (changes, error) {
	var found changes
	restart := map[string]bool{}
	hasSecrets := false
	for _, file := range files {
		have, err := n.Host.Read(file.path)
		same := err == nil && bytes.Equal(have, file.content)
		if file.path == secretEnvPath(release.Name) {
			hasSecrets = true
		}
		if !same && signals(release, file.path) {
			found.signal = true
		} else if !same && file.unit != "" {
			restart[file.unit] = true
		}
		if !same || !n.Host.Owns(file.path, file.mode, file.owner) {
			found.files = append(found.files, file)
			found.definition = found.definition || file.path == definitionPath(release.Name)
		}
	}
	if path := secretEnvPath(release.Name); !hasSecrets && n.Host.Exists(path) {
		found.stale = path
	}
	if release.Kind != document.IngressGateway && n.undeclaredConfig(release) {
		found.signal = release.Reload != ""
		restart[mainUnit(release.Name)] = restart[mainUnit(release.Name)] || release.Reload == ""
	}
	for _, unit := range startedUnits(release) {
		otherwise, err := n.runsOtherwise(ctx, release.Name, unit)
		if err != nil {
			return found, err
		}
		if restart[unit] || otherwise {
			found.units = append(found.units, unit)
			found.signal = found.signal && unit != mainUnit(release.Name)
		}
	}
	return found, nil
}

// runsOtherwise says whether a unit's process differs from its files on the disk.
func (n *Node) runsOtherwise(ctx context.Context, name, unit string) (bool, error) {
	state, err := n.Systemd.Unit(ctx, unit)
	if err != nil {
		return false, err
	}
	if state.NeedDaemonReload || len(dropIns(n.Host, unit)) > 0 || n.hasOtherToken(name, unit) {
		return true, nil
	}
	if state.MainPID == 0 {
		return false, nil
	}
	path := n.Processes.Executable(state.MainPID)
	if filepath.Dir(filepath.Dir(path)) != host.Binaries {
		return false, nil // a program of the node or of an unpacked archive, or Envoy with its 90 MB
	}
	// The folder's name is the SHA-256 of its file; the process may run an earlier file.
	return filepath.Base(filepath.Dir(path)) != n.Processes.ExecutableSHA256(state.MainPID), nil
}

// hasOtherToken says whether the unit was started with a token that is no longer the instance's.
func (n *Node) hasOtherToken(name, unit string) bool {
	own, err := n.Host.Read(filepath.Join("/run/credentials", unit, "token"))
	if err != nil {
		return false
	}
	token, err := n.Host.Read(TokenFile(name))
	return err != nil || !bytes.Equal(own, token)
}
