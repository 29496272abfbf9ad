package sweep

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"gatehouse/node/host"
	"gatehouse/node/instance"
)

// binaries removes those that no release names and that are not declared, and uploads that broke off.
func (s *sweep) binaries(ctx context.Context) error {
	unlock, err := s.Host.Lock(ctx, instance.BinariesLock)
	if err != nil {
		return err
	}
	defer unlock()
	needed, own := instance.NeededBinaries(s.Host), instance.NeededBy(s.Host, instance.OwnedBy(s.Host, s.mesh))
	var failed []error
	for _, binary := range s.Host.List(host.Binaries) {
		if !own[binary] && !slices.Contains(s.Sweep.Binaries, binary) {
			failed = append(failed, instance.DropBinary(s.Host, s.mesh, binary, needed[binary]))
		}
	}
	for _, upload := range s.uploads() {
		if !slices.Contains(s.Sweep.Binaries, filepath.Base(upload)) {
			failed = append(failed, s.Host.Remove(upload))
		}
	}
	return errors.Join(failed...)
}

// uploads that wait for their instance; an earlier version had no folder for each mesh.
func (s *sweep) uploads() []string {
	var paths []string
	for _, name := range s.Host.List(instance.Incoming(s.mesh)) {
		paths = append(paths, filepath.Join(instance.Incoming(s.mesh), name))
	}
	for _, name := range s.Host.List(host.Incoming) {
		if path := filepath.Join(host.Incoming, name); name != s.mesh && s.alone() {
			paths = append(paths, path)
		}
	}
	return paths
}
