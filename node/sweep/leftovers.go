package sweep

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/undo"
)

// recorded are the names of workloads that this mesh put here, according to the node's records.
func (s *sweep) recorded() []string {
	names := slices.DeleteFunc(s.Host.List(host.Instances), func(name string) bool { return !s.ownsName(name) })
	for _, unit := range s.Host.List(host.UnitDir) {
		if name, isUnit := workload(unit); isUnit && s.wroteUnit(unit) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// workload that a unit belongs to.
func workload(unit string) (name string, isUnit bool) {
	if name, isHealth := instance.HealthOf(unit); isHealth {
		return name, true
	}
	name, isUnit = strings.CutSuffix(unit, ".service")
	return strings.TrimSuffix(name, "-sidecar-proxy"), isUnit
}

// leftovers removes definitions and units that an earlier run of this mesh wrote and whose folder is missing. The units are
// the record that a definition is the mesh's, so they are removed last.
func (s *sweep) leftovers(ctx context.Context, recorded []string) error {
	for _, name := range recorded {
		path := filepath.Join(host.ConsulDir, name+".hcl")
		if s.belongs(name) || !s.wroteDefinition(path) {
			continue
		}
		s.Host.Say("removing %s, which is not declared here", path)
		if err := s.removeDefinition(ctx, path); err != nil {
			return err
		}
	}
	for _, unit := range s.Host.List(host.UnitDir) {
		name, isUnit := workload(unit)
		if !isUnit || s.belongs(name) || !s.wroteUnit(unit) {
			continue
		}
		s.Host.Say("removing %s, which is not declared here", unit)
		if err := s.Host.Backup(filepath.Join(host.UnitDir, unit)); err != nil {
			return err
		}
		if err := s.RemoveUnits(ctx, unit); err != nil {
			return err
		}
	}
	return nil
}

// removeDefinition removes a definition and reloads Consul. If that fails the file is put back, so that the next sweep finds
// it.
func (s *sweep) removeDefinition(ctx context.Context, path string) error {
	if err := s.Host.Backup(path); err != nil {
		return err
	}
	var removed undo.Stack
	if _, err := removed.Remove(s.Host, path); err != nil {
		return errors.Join(err, removed.Run(ctx))
	}
	if err := consul.ReloadWhenThere(ctx, s.Agent); err != nil {
		return errors.Join(err, removed.Run(ctx))
	}
	return removed.Forget()
}
