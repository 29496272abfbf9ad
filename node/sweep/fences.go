package sweep

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"gatehouse/node/host"
	"gatehouse/node/undo"
)

// fences removes those of instances that are not declared, which a killed run left, and opens the ports that no instance has any
// more.
func (s *sweep) fences(context.Context) error {
	var failed []error
	for _, file := range s.Host.List(host.Fences) {
		name := strings.TrimPrefix(strings.TrimSuffix(file, undo.KeptSuffix), ".")
		if name = strings.TrimSuffix(name, ".json"); !s.declared(name) && s.ownsName(name) {
			failed = append(failed, s.Host.Remove(filepath.Join(host.Fences, file)))
		}
	}
	if err := s.Fences.Keep(true); err != nil {
		s.Host.Say("warning: the ports of this node's instances are not fenced (%v): any program on this node may call them", err)
	}
	return errors.Join(failed...)
}
