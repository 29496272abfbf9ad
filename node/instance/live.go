package instance

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/undo"
)

// liveFile is a file of a release as it has to be on the node.
type liveFile struct {
	path    string
	content []byte
	mode    os.FileMode
	owner   host.Owner
	// unit whose process has to start again when the content changes; "" for a definition.
	unit string
}

// liveFiles of a release whose secrets are those of its folder.
func (n *Node) liveFiles(release document.Instance, secrets []byte) ([]liveFile, error) {
	token, err := n.Host.Read(TokenFile(release.Name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	files := make([]liveFile, 0, len(release.Files)+1)
	for _, file := range release.Files {
		mode, err := strconv.ParseUint(file.Mode, 8, 32)
		if err != nil {
			return nil, err
		}
		live := liveFile{path: file.Path, content: []byte(file.Content), mode: os.FileMode(mode)}
		switch filepath.Dir(file.Path) {
		case host.UnitDir:
			live.unit = filepath.Base(file.Path)
		case host.EnvDir:
			live.unit = mainUnit(release.Name)
		default:
			if token != nil {
				live.content = withToken(live.content, strings.TrimSpace(string(token)))
				live.mode, live.owner = 0o640, host.ConsulMayRead
			}
		}
		files = append(files, live)
	}
	if secrets != nil {
		files = append(files, liveFile{path: secretEnvPath(release.Name), content: secrets, mode: 0o600, unit: mainUnit(release.Name)})
	}
	return files, nil
}

// definitionBegins is the line after which the instance's token is written: no release holds the token.
const definitionBegins = "service {\n"

func withToken(definition []byte, token string) []byte {
	return bytes.Replace(definition, []byte(definitionBegins), []byte(definitionBegins+"  token = "+strconv.Quote(token)+"\n"), 1)
}

// firstCheck is where a check begins in a definition.
const firstCheck = "  check {\n"

// withResult gives the first check of a definition a result to begin with: the agent's own first look comes at any moment
// within the check's interval.
func withResult(definition []byte) []byte {
	return bytes.Replace(definition, []byte(firstCheck), []byte(firstCheck+"    status = \"passing\"\n"), 1)
}

// changes that a release brings to the node.
type changes struct {
	// files that would be other ones, by content, owner or mode.
	files []liveFile
	// stale is the file of secret variables when the release has none.
	stale string
	// units whose process would not be what the release wants.
	units []string
	// definition says that Consul must hear of it.
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
		if !same && file.unit != "" {
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
	for _, unit := range Units(release.Kind, release.Name) {
		otherwise, err := n.runsOtherwise(ctx, release.Name, unit)
		if err != nil {
			return found, err
		}
		if restart[unit] || otherwise {
			found.units = append(found.units, unit)
		}
	}
	return found, nil
}

// runsOtherwise says whether a unit's process is not what its files on the disk say.
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
	if !strings.HasPrefix(path, host.Binaries+"/") {
		return false, nil // Envoy's 90 MB are not summed
	}
	// The folder is named after what belongs into it; the process may be of a file that was there before.
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

// dropIns of a unit alone; those for every service of the node are the node's business.
func dropIns(h *host.Host, unit string) []string {
	return inDropIns(h, unit, func(name string) (string, bool) { return name, strings.HasSuffix(name, ".conf") })
}

// leftDropIns are drop-ins of which a run that was killed left only what it had kept.
func leftDropIns(h *host.Host, unit string) []string {
	return inDropIns(h, unit, func(name string) (string, bool) {
		kept, isKept := strings.CutSuffix(name, undo.KeptSuffix)
		return strings.TrimPrefix(kept, "."), isKept
	})
}

func inDropIns(h *host.Host, unit string, which func(name string) (string, bool)) []string {
	var found []string
	for _, folder := range []string{"/etc/systemd/system", "/etc/systemd/system.control", "/run/systemd/system", "/run/systemd/system.control"} {
		at := filepath.Join(folder, unit+".d")
		for _, name := range h.List(at) {
			if one, wanted := which(name); wanted {
				found = append(found, filepath.Join(at, one))
			}
		}
	}
	return found
}
