package look

import (
	"context"
	"path/filepath"

	"gatehouse/node/agent"
	"gatehouse/node/host"
	"gatehouse/node/instance"
)

// records say which meshes are on the node, which one set up the agent, and what is there of instances and binaries. Of a mesh
// that an earlier version deployed the word "earlier" is told too.
func (l *looker) records(context.Context) {
	records, _ := l.Host.Records()
	for _, record := range records {
		if record.Earlier {
			l.tell("mesh", record.Mesh, "earlier")
		} else {
			l.tell("mesh", record.Mesh)
		}
	}
	agents, _, _ := agent.ReadRecord(l.Host)
	l.tell("agentmesh", agents.Mesh)
	for _, name := range l.Host.List(host.Instances) {
		home := instance.Home(name)
		if l.Host.Exists(filepath.Join(home, "current")) {
			l.tell("instance", name, instance.OwnerOf(l.Host, name))
		}
		if l.Host.Exists(filepath.Join(home, "rolled-back")) {
			l.tell("rolledback", name)
		}
	}
	for _, binary := range l.Host.List(host.Binaries) {
		l.tell("binary", binary)
	}
}
