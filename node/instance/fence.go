package instance

import (
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/fence"
	"gatehouse/node/host"
)

// fence the ports of the instances as their files on the node say.
//
// A kernel that has no nf_tables, or refuses, keeps no instance from serving: the doctor reports what is open.
func (n *Node) fence(name string, free bool) {
	if err := n.Fences.Keep(free); err != nil {
		n.Host.Say("warning: the ports of %s are not fenced (%v): any program on this node may call them", name, err)
	}
}

// isFence says whether a file is the fence of an instance.
func isFence(path string) bool { return filepath.Dir(path) == host.Fences }

// restoreFences before the units that need them start. Ports of what goes are free again: what was made by hand may need them.
func (s *snapshot) restoreFences() {
	for _, file := range s.files {
		if isFence(file.path) {
			s.node.fence(strings.TrimSuffix(filepath.Base(file.path), ".json"), true)
		}
	}
}

// writeFence of a release that takes over: programs made by hand use its ports until then.
func (a *apply) writeFence(files []liveFile) error {
	at := slices.IndexFunc(files, func(file liveFile) bool { return isFence(file.path) })
	if at < 0 {
		return nil
	}
	if err := a.Host.Write(files[at].path, files[at].content, files[at].mode, files[at].owner); err != nil {
		return err
	}
	a.fence(a.release.Name, false)
	return nil
}

// leavesFence says whether the earlier release had a fence and this one, of an earlier version, has none.
func (a *apply) leavesFence() bool {
	files, _ := a.leaving()
	return slices.Contains(files, fence.Path(a.release.Name))
}
