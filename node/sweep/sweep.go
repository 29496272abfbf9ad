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
	"gatehouse/node/undo"
)

type sweep struct {
	*instance.Node
	document.Sweep
	property
	consul Catalogue
}

// Catalogue is what the sweep asks of the agent beyond instances.
type Catalogue interface {
	Registrations(ctx context.Context) ([]consul.Registration, error)
}

// Run sweeps.
func Run(ctx context.Context, node *instance.Node, catalogue Catalogue, doc document.Sweep) error {
	if err := checkRecord(node.Host, doc.Owner); err != nil {
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
	own, err := propertyOf(node.Host, doc.Mesh)
	if err != nil {
		return err
	}
	s := &sweep{node, doc, own, catalogue}
	recorded := s.recorded()
	leftovers := func(ctx context.Context) error { return s.leftovers(ctx, recorded) }
	for _, step := range []func(context.Context) error{s.instances, s.registrations, leftovers, s.secrets, s.binaries} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	node.Host.Say("nothing of the mesh %s is here that is not declared", doc.Mesh)
	return nil
}

func (s *sweep) declared(name string) bool { return slices.Contains(s.Instances, name) }

// instances of this mesh that are no longer declared. A folder of an instance is the record that it is the mesh's.
func (s *sweep) instances(ctx context.Context) error {
	var leaving []string
	for _, name := range s.Host.List(host.Instances) {
		if !s.belongs(name) && s.ownsName(name) {
			leaving = append(leaving, name)
		}
	}
	return s.RemoveWhere(ctx, s.ownsName, leaving...)
}

// recorded are the names of workloads of which there is a record that this mesh put them here.
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

// workload that a unit is of.
func workload(unit string) (name string, isUnit bool) {
	name, isUnit = strings.CutSuffix(unit, ".service")
	return strings.TrimSuffix(name, "-sidecar-proxy"), isUnit
}

// leftovers of this mesh: definitions and units that an earlier run wrote and whose folder is gone. The units are the record
// that a definition is the mesh's, so they go last.
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

// removeDefinition of which Consul has to hear. It is put back when Consul did not, so that the next sweep finds it.
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

// belongs says whether files of this name stay: they are of a declared instance, of the agent or of the node.
func (s *sweep) belongs(name string) bool {
	return s.declared(name) || instance.Reserved(name) || !document.ValidName(name)
}

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

// binaries that no release names and that are not declared, and uploads that were broken off.
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
		if path := filepath.Join(host.Incoming, name); s.alone && name != s.mesh {
			paths = append(paths, path)
		}
	}
	return paths
}
