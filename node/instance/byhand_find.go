package instance

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/definition"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
)

// FindByHand finds what a person made under the name of a workload. What bears a mark of Gatehouse is not by hand.
//
// theirs is a unit that stays others' and is left out; "" for none.
func (n *Node) FindByHand(ctx context.Context, kind document.Kind, name, theirs string) (*ByHand, error) {
	found := &ByHand{Kind: kind, Name: name, theirs: theirs}
	registered, err := n.Agent.Registrations(ctx)
	if err != nil {
		return nil, fmt.Errorf("Consul's agent does not tell what is registered under the name %s: %w", name, err)
	}
	n.findDefinitions(found)
	others := n.findRegistrations(found, registered)
	n.findPersisted(found)
	units, err := n.findUnits(found)
	if err != nil {
		return nil, err
	}
	for _, unit := range units {
		state, err := n.Systemd.Unit(ctx, unit)
		if err != nil {
			return nil, err
		}
		if state.LoadState == notFound || n.wrote(state.FragmentPath) {
			continue
		}
		if strings.HasPrefix(state.FragmentPath, "/run/systemd/transient/") {
			found.Shared = append(found.Shared, fmt.Sprintf("%s has no file, so it could not be run again: make it a unit of /etc/systemd/system", unit))
		}
		found.Units = append(found.Units, state)
	}
	n.findShared(found, others)
	return found, nil
}

// findDefinitions of the workload and of its sidecars.
func (n *Node) findDefinitions(found *ByHand) {
	files := map[string]definition.File{}
	for _, name := range n.Host.List(host.ConsulDir) {
		path := filepath.Join(host.ConsulDir, name)
		if !isConfiguration(name) || n.wrote(path) {
			continue
		}
		text, err := n.Host.Read(path)
		if err != nil {
			continue // a folder, or gone
		}
		if file, err := definition.Read(text); err == nil {
			files[path] = file
		}
	}
	for _, path := range sortedKeys(files) {
		var others []string
		ours := false
		for _, service := range files[path].Services {
			switch {
			case service.Name == found.Name && service.Kind != proxyKind:
				found.services = append(found.services, service.ID)
			case service.Of == found.Name:
				found.sidecars = append(found.sidecars, service.ID)
			default:
				others = append(others, "the service "+service.Name)
				continue
			}
			ours = true
			found.defined = append(found.defined, service.ID, sidecarID(service.ID))
		}
		for _, setting := range files[path].Others {
			others = append(others, "the setting "+setting)
		}
		if !ours {
			continue
		}
		found.Definitions = append(found.Definitions, path)
		if len(others) > 0 {
			found.Shared = append(found.Shared, fmt.Sprintf("%s holds %s too: put the definition of %s into a file of its own, then run: consul reload",
				path, strings.Join(others, " and "), found.Name))
		}
	}
}

const proxyKind = "connect-proxy"

// findRegistrations of the workload and of its sidecars; the rest is returned.
func (n *Node) findRegistrations(found *ByHand, registered []consul.Registration) (others []consul.Registration) {
	own := IDs(found.Kind, found.Name)
	for _, one := range registered {
		isService := one.Kind != proxyKind && one.Service == found.Name
		isSidecar := one.Kind == proxyKind && one.Of == found.Name
		switch {
		case one.Mesh != "" || slices.Contains(own, one.ID) && n.wrote(definitionPath(found.Name)):
			others = append(others, one)
			continue
		case !isService && !isSidecar:
			others = append(others, one)
			if slices.Contains(own, one.ID) {
				found.Shared = append(found.Shared, fmt.Sprintf("the registration %q is of the service %s: give that another id", one.ID, one.Service))
			}
			continue
		case isService:
			found.services = append(found.services, one.ID)
		case isSidecar:
			found.sidecars = append(found.sidecars, one.ID)
		}
		found.Registrations = append(found.Registrations, one)
	}
	return others
}

// findShared units: one that serves another registration too.
func (n *Node) findShared(found *ByHand, others []consul.Registration) {
	for _, one := range others {
		if one.Port == 0 || one.Service == found.Name || one.Of == found.Name || one.Service == KeptService {
			continue
		}
		for _, holding := range n.Processes.Holders(one.Address, one.Port) {
			if slices.ContainsFunc(found.Units, func(unit systemd.Unit) bool { return unit.Name == holding.Unit }) {
				found.Shared = append(found.Shared, fmt.Sprintf("%s serves %q on port %d too: run that in a unit of its own", holding.Unit, one.ID, one.Port))
			}
		}
	}
}

func sortedKeys[T any](of map[string]T) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
