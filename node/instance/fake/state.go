package fake

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"gatehouse/node/host"
)

// passing are places whose content is not the state of the node's instances: locks, copies that are kept, and binaries,
// which the same release may need again.
var passing = []string{host.Locks, host.Backups, host.Binaries + "/", host.Incoming + "/", "/var"}

var givenUp = regexp.MustCompile(`"givenUp": (null|\[[^\]]*\])`)

// State of the node: files with their modes and contents, units, processes and registrations. Equal states have equal texts.
func (n *Node) State() string {
	return strings.Join([]string{n.Tree(), n.Units.State(), n.Procs.State(), n.Consul.State()}, "\n---\n")
}

// Tree has a line for each file or folder.
func (n *Node) Tree() string {
	n.t.Helper()
	var lines []string
	n.set(filepath.WalkDir(n.Host.Root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, n.Host.Root)
		if isKept(name) {
			return nil
		}
		for _, prefix := range passing {
			if strings.HasPrefix(name, prefix) {
				return nil
			}
		}
		info, err := entry.Info()
		if err != nil || name == "/run" {
			return err
		}
		if entry.IsDir() && strings.HasSuffix(name, ".service.d") {
			return nil // only its files count
		}
		line := fmt.Sprintf("%s %s", name, info.Mode())
		if target, err := os.Readlink(path); err == nil {
			line += " -> " + target
		} else if text, err := os.ReadFile(path); err == nil {
			line += " " + givenUp.ReplaceAllString(string(text), "")
		}
		lines = append(lines, line)
		return nil
	}))
	return strings.Join(lines, "\n")
}

// Kept are leftovers of snapshots anywhere on the node. State does not show them.
func (n *Node) Kept() []string {
	var found []string
	_ = filepath.WalkDir(n.Host.Root, func(path string, entry fs.DirEntry, _ error) error {
		if isKept(path) {
			found = append(found, strings.TrimPrefix(path, n.Host.Root))
		}
		return nil
	})
	return found
}

var kept = regexp.MustCompile(`\.(gatehouse-before|staging|replaced)(/|$)`)

func isKept(path string) bool { return kept.MatchString(path) }
