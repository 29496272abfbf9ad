package look

import (
	"context"
	"maps"
	"path/filepath"
	"slices"

	"gatehouse/node/agent"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/ran"
)

// records are the meshes on the node, the one that set up the agent, the instances and the binaries. A mesh that an earlier
// version deployed has the word "earlier" behind it.
func (l *looker) records(context.Context) {
	records, _ := l.Host.Records()
	for _, record := range records {
		if record.Earlier {
			l.print("mesh", record.Mesh, "earlier")
		} else {
			l.print("mesh", record.Mesh)
		}
	}
	agents, _, _ := agent.ReadRecord(l.Host)
	l.print("agentmesh", agents.Mesh)
	for _, name := range l.Host.List(host.Instances) {
		home := instance.Home(name)
		if l.Host.Exists(filepath.Join(home, "current")) {
			l.print("instance", name, instance.OwnerOf(l.Host, name))
		}
		if l.Host.Exists(filepath.Join(home, "rolled-back")) {
			l.print("rolledback", name)
		}
	}
	for _, binary := range l.Host.List(host.Binaries) {
		l.print("binary", binary)
	}
}

// ran says of each mesh which resources had their programs run here, and whether one without a record is believed.
func (l *looker) ran(context.Context) {
	meshes := l.Host.List(host.Ran)
	records, _ := l.Host.Records()
	for _, record := range records {
		meshes = append(meshes, record.Mesh)
	}
	agents, _, _ := agent.ReadRecord(l.Host)
	meshes = append(meshes, agents.Mesh)
	slices.Sort(meshes)
	for _, mesh := range slices.Compact(meshes) {
		if mesh == "" {
			continue
		}
		creations, believed := ran.Here(l.Host, mesh)
		if believed {
			l.print("believed", mesh)
		}
		for _, resource := range slices.Sorted(maps.Keys(creations)) {
			l.print("ran", mesh, resource, creations[resource])
		}
	}
}
