// Package sweep removes from a node what a mesh put there and no longer declares, and nothing else.
package sweep

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
)

// writtenByUs stands in the first line of each unit and definition.
const writtenByUs = "# Written by Gatehouse"

type sweep struct {
	*instance.Node
	document.Sweep
	consul Catalogue
}

// Catalogue is what the sweep asks of the agent beyond instances.
type Catalogue interface {
	Registrations(ctx context.Context) ([]consul.Registration, error)
	Deregister(ctx context.Context, id, token string) error
}

// Run sweeps.
func Run(ctx context.Context, node *instance.Node, catalogue Catalogue, doc document.Sweep) error {
	if err := node.Host.CheckOwner(doc.Owner); err != nil {
		return err
	}
	unlock, err := node.Host.Lock(ctx, "sweep")
	if err != nil {
		return err
	}
	defer unlock()
	if err := consul.WaitForLeader(ctx, node.Agent); err != nil {
		return err
	}
	s := &sweep{node, doc, catalogue}
	for _, step := range []func(context.Context) error{s.instances, s.leftovers, s.movedGateways, s.secrets, s.binaries} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	node.Host.Say("nothing of the mesh is here that is not declared")
	return nil
}

func (s *sweep) declared(name string) bool { return slices.Contains(s.Instances, name) }

// instances of this mesh that are no longer declared. A folder of an instance is the record that it is the mesh's.
func (s *sweep) instances(ctx context.Context) error {
	var leaving []string
	for _, name := range s.Host.List(host.Instances) {
		if !s.declared(name) && document.ValidName(name) {
			leaving = append(leaving, name)
		}
	}
	return s.Remove(ctx, leaving...)
}

// leftovers of this mesh: units and definitions that an earlier run wrote and whose folder is gone.
func (s *sweep) leftovers(ctx context.Context) error {
	for _, unit := range s.Host.List(host.UnitDir) {
		name, isUnit := strings.CutSuffix(unit, ".service")
		name = strings.TrimSuffix(name, "-sidecar-proxy")
		if !isUnit || s.declared(name) || isAgents(name) || !s.wroteUnit(unit) {
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
	for _, file := range s.Host.List(host.ConsulDir) {
		name, isDefinition := strings.CutSuffix(file, ".hcl")
		path := filepath.Join(host.ConsulDir, file)
		if !isDefinition || s.declared(name) || isAgents(name) || !s.wrote(path) {
			continue
		}
		s.Host.Say("removing %s, which is not declared here", path)
		if err := errors.Join(s.Host.Backup(path), s.Host.Remove(path)); err != nil {
			return err
		}
		if err := consul.ReloadWhenThere(ctx, s.Agent); err != nil {
			return err
		}
	}
	return nil
}

// isAgents says whether a file of this name is the agent's or the node's own, and no instance's.
func isAgents(name string) bool { return name == "consul" || strings.HasPrefix(name, "gatehouse-") }

// wrote says whether Gatehouse wrote a file. This node belongs to no other mesh: see CheckOwner.
func (s *sweep) wrote(path string) bool {
	text, err := s.Host.Read(path)
	return err == nil && strings.HasPrefix(string(text), writtenByUs)
}

// wroteUnit says whether this mesh wrote a unit: its description names the mesh.
func (s *sweep) wroteUnit(unit string) bool {
	path := filepath.Join(host.UnitDir, unit)
	text, _ := s.Host.Read(path)
	if !s.wrote(path) {
		return false
	}
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "Description=") {
			return strings.HasSuffix(line, " mesh "+s.Mesh)
		}
	}
	return false
}

// secrets of instances that are not declared: one whose first release failed has nothing else here.
func (s *sweep) secrets(context.Context) error {
	var failed []error
	for _, folder := range []string{host.Secrets, host.EnvDir} {
		for _, file := range s.Host.List(folder) {
			name := strings.TrimSuffix(strings.TrimSuffix(file, ".token"), ".env")
			if name != file && !strings.HasPrefix(file, "_") && !s.declared(name) {
				failed = append(failed, s.Host.Remove(filepath.Join(folder, file)))
			}
		}
	}
	return errors.Join(failed...)
}

// binaries that no release names and that are not declared, and uploads that were broken off.
func (s *sweep) binaries(context.Context) error {
	needed := instance.NeededBinaries(s.Host)
	var failed []error
	for _, binary := range s.Host.List(host.Binaries) {
		if !needed[binary] && !slices.Contains(s.Sweep.Binaries, binary) {
			failed = append(failed, s.Host.Remove(filepath.Join(host.Binaries, binary)))
		}
	}
	for _, upload := range s.Host.List(host.Incoming) {
		if !slices.Contains(s.Sweep.Binaries, upload) {
			failed = append(failed, s.Host.Remove(filepath.Join(host.Incoming, upload)))
		}
	}
	return errors.Join(failed...)
}
