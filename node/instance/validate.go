package instance

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// ValidateConsul runs `consul validate`.
func ValidateConsul(ctx context.Context, folder string) error {
	out, err := exec.CommandContext(ctx, "consul", "validate", "-quiet", folder).CombinedOutput()
	if err != nil {
		return fmt.Errorf("Consul refuses the definition: %s", strings.TrimSpace(string(out)))
	}
	return nil
}

// validate what the release changes: the agent's whole configuration as it would be, and the units. Files that are on the
// node already were checked when they were installed.
func (n *Node) validate(ctx context.Context, release document.Instance, without ...string) error {
	// Copies of definitions have tokens in them: so not in /tmp, but in memory, which the next boot empties.
	if err := os.MkdirAll(n.Host.Path(host.Locks), 0o700); err != nil {
		return err
	}
	trial, err := os.MkdirTemp(n.Host.Path(host.Locks), "trial-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(trial)
	var units []string
	definition := false
	for _, file := range release.Files {
		folder := filepath.Dir(file.Path)
		if folder != host.UnitDir && folder != host.ConsulDir || n.has(release.Name, file) {
			continue
		}
		at := filepath.Join(trial, filepath.Base(file.Path))
		if err := os.WriteFile(at, []byte(file.Content), 0o600); err != nil {
			return err
		}
		if folder == host.UnitDir {
			units = append(units, at)
		} else {
			definition = true
		}
	}
	if definition {
		if err := n.copyConfiguration(release.Name, trial, without); err != nil {
			return err
		}
		if err := n.ValidateConsul(ctx, trial); err != nil {
			return err
		}
	}
	if len(units) == 0 {
		return nil
	}
	return n.Systemd.Verify(ctx, units...)
}

// has says whether the node has a file of a release with this content.
func (n *Node) has(name string, file document.File) bool {
	content := []byte(file.Content)
	if token := n.token(name); token != "" && filepath.Dir(file.Path) == host.ConsulDir {
		content = withToken(content, token)
	}
	have, err := n.Host.Read(file.Path)
	return err == nil && bytes.Equal(have, content)
}

// copyConfiguration of the agent to a folder, all but this instance's own, and without some files that are going to be
// removed.
func (n *Node) copyConfiguration(name, to string, without []string) error {
	for _, file := range n.Host.List(host.ConsulDir) {
		if !isConfiguration(file) || file == name+".hcl" || file == "gatehouse-secrets.json" {
			continue
		}
		if slices.Contains(without, filepath.Join(host.ConsulDir, file)) {
			continue
		}
		content, err := n.Host.Read(filepath.Join(host.ConsulDir, file))
		if err != nil {
			continue // a folder, or removed
		}
		if err := os.WriteFile(filepath.Join(to, file), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func isConfiguration(name string) bool {
	extension := filepath.Ext(name)
	return !strings.HasPrefix(name, ".") && (extension == ".hcl" || extension == ".json")
}
