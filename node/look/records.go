package look

import (
	"context"
	"path/filepath"

	"gatehouse/node/agent"
	"gatehouse/node/host"
	"gatehouse/node/instance"
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
