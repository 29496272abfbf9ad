package instance

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/host"
)

// Incoming is where the user who deploys a mesh uploads its binaries.
func Incoming(mesh string) string { return filepath.Join(host.Incoming, mesh) }

// userPrefix begins the name of a file next to a binary, which names a mesh that uses it: two meshes may use the same binary.
const userPrefix = ".used-by-"

// use notes that a mesh uses a binary. The caller holds BinariesLock.
func (n *Node) use(mesh, sha256 string) error {
	path := filepath.Join(host.Binaries, sha256, userPrefix+mesh)
	if n.Host.Exists(path) {
		return nil
	}
	return n.Host.Write(path, nil, 0o644, host.Owner{})
}

// DropBinary drops a binary that a mesh does not need any more: it is removed when no release names it and no other mesh uses
// it. The caller holds BinariesLock.
func DropBinary(h *host.Host, mesh, sha256 string, needed bool) error {
	folder := filepath.Join(host.Binaries, sha256)
	own := h.Remove(filepath.Join(folder, userPrefix+mesh))
	isUser := func(file string) bool { return strings.HasPrefix(file, userPrefix) && file != userPrefix+mesh }
	if needed || slices.ContainsFunc(h.List(folder), isUser) {
		return own
	}
	return errors.Join(own, h.Remove(folder))
}

// UsedBy are the binaries that one of these meshes uses.
func UsedBy(h *host.Host, meshes []string) map[string]bool {
	used := map[string]bool{}
	for _, sha256 := range h.List(host.Binaries) {
		for _, file := range h.List(filepath.Join(host.Binaries, sha256)) {
			mesh, isUser := strings.CutPrefix(file, userPrefix)
			used[sha256] = used[sha256] || isUser && slices.Contains(meshes, mesh)
		}
	}
	return used
}
