package sweep

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"gatehouse/node/host"
	"gatehouse/node/undo"
)

// secrets of instances that are not declared: one whose first release failed has nothing else here. And what runs that were
// killed kept of their definitions and units; a definition holds the token too.
func (s *sweep) secrets(context.Context) error {
	var failed []error
	for _, folder := range []string{host.Secrets, host.EnvDir} {
		for _, file := range s.Host.List(folder) {
			if name, isSecret := ofInstance(file); isSecret && !s.declared(name) && s.ownsName(name) {
				failed = append(failed, s.Host.Remove(filepath.Join(folder, file)))
			}
		}
	}
	for _, folder := range []string{host.ConsulDir, host.UnitDir} {
		for _, file := range s.Host.List(folder) {
			kept, isKept := strings.CutSuffix(file, undo.KeptSuffix)
			if name, _ := workload(strings.TrimSuffix(strings.TrimPrefix(kept, "."), ".hcl")); isKept && !s.belongs(name) && s.ownsName(name) {
				failed = append(failed, s.Host.Remove(filepath.Join(folder, file)))
			}
		}
	}
	return errors.Join(failed...)
}

// ofInstance is the instance whose secret or environment a file is, or what a run that was killed kept of one.
func ofInstance(file string) (name string, isSecret bool) {
	if kept, isKept := strings.CutSuffix(file, undo.KeptSuffix); isKept {
		file = strings.TrimPrefix(kept, ".")
	}
	if strings.HasPrefix(file, "_") { // the node's own
		return "", false
	}
	for _, ending := range []string{".token", ".env"} {
		if name, isSecret = strings.CutSuffix(file, ending); isSecret {
			return name, true
		}
	}
	return "", false
}
