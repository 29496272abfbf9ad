package fake

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gatehouse/node/host"
	"gatehouse/node/testkit"
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
	tree := testkit.Tree(n.t, n.Host.Root, func(path string) bool {
		isPassing := func(prefix string) bool { return strings.HasPrefix(path, prefix) }
		return isKept(path) || path == "/run" || slices.ContainsFunc(passing, isPassing) ||
			strings.HasSuffix(path, ".service.d") // only its files count
	})
	return givenUp.ReplaceAllString(tree, "")
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
