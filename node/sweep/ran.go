package sweep

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/host"
)

// ran removes what this program recorded of instances and binaries that are no longer declared; see package ran. The names are
// those of Terraform's resources.
func (s *sweep) ran() error {
	folder := host.RanOf(s.mesh)
	var failed []error
	for _, resource := range s.Host.List(folder) {
		if s.leaves(resource) {
			failed = append(failed, s.Host.Remove(filepath.Join(folder, resource)))
		}
	}
	return errors.Join(failed...)
}

func (s *sweep) leaves(resource string) bool {
	if name, isInstance := strings.CutPrefix(resource, "instance_"); isInstance {
		return !s.declared(strings.TrimSuffix(name, "_"+s.Owner.Node))
	}
	if sha256, isBinary := strings.CutPrefix(resource, "binary_"+s.Owner.Node+"_"); isBinary {
		return !slices.ContainsFunc(s.Sweep.Binaries, func(one string) bool { return strings.HasPrefix(one, sha256) })
	}
	return false
}
