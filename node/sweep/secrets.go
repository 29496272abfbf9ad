package sweep

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"gatehouse/node/host"
	"gatehouse/node/undo"
)

// secrets removes those of instances that are not declared: an instance whose first release failed has nothing else here. It
// also removes the copies that killed runs kept of definitions and units, since a definition has the token in it.
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

// ofInstance is the instance to which a file of secrets or environment belongs, or a copy of one that a killed run kept.
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
