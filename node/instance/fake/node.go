// Package fake is a node for tests: a folder as root, with a systemd, a Consul agent, Envoys and processes in memory.
package fake

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	consulfake "gatehouse/node/consul/fake"
	"gatehouse/node/document"
	"gatehouse/node/envoy"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	systemdfake "gatehouse/node/systemd/fake"
	"gatehouse/node/testkit"
)

// Owner of the node.
var Owner = document.Owner{Mesh: "shop", Node: "worker1"}

// Node for tests, with its parts.
type Node struct {
	*instance.Node
	Units  *systemdfake.Manager
	Consul *consulfake.Agent
	Procs  *Processes
	Envoys *Envoys
	Holds  *Holder
	Fences *Fences

	t     testing.TB
	out   bytes.Buffer
	mutex sync.Mutex
}

// Short timing. Here everything happens at once; only a failing test waits for a timeout.
func Short() instance.Timing {
	const soon = 100 * time.Millisecond
	return instance.Timing{
		Poll: 200 * time.Microsecond, Leader: soon, Health: 2 * soon, Served: soon, Others: soon / 4, Heard: 100 * time.Microsecond,
		Quiet: 100 * time.Microsecond, Drain: soon, Offered: 2 * soon, Moved: soon, Upstreams: soon / 2,
	}
}

// New node that belongs to the mesh and has no instance.
func New(t testing.TB) *Node {
	t.Helper()
	root := folder(t)
	n := &Node{t: t}
	n.Units = systemdfake.New()
	n.Units.Folder = filepath.Join(root, host.UnitDir)
	n.Units.Runtime = filepath.Join(root, "/run/systemd/system")
	n.Consul = &consulfake.Agent{Folder: filepath.Join(root, host.ConsulDir), Data: filepath.Join(root, "/opt/consul"), Node: Owner.Node}
	h := &host.Host{Root: root, Out: writer{n}, Unowned: true, LockTimeout: time.Second}
	n.Procs = newProcesses(h, n.Units)
	n.Units.OnStart = n.Procs.start
	n.Consul.Healthy = n.healthy
	n.Envoys = newEnvoys(t, n)
	n.Holds, n.Fences = &Holder{}, newFences(h)
	n.Node = &instance.Node{
		Host: h, Systemd: n.Units, Agent: n.Consul, Envoy: func(port int) envoy.Admin { return n.Envoys.at(port) },
		Processes: n.Procs, Hold: n.Holds, Fences: n.Fences, ValidateConsul: func(ctx context.Context, _ string) error { return ctx.Err() },
		Timing: Short(),
	}
	text, err := json.Marshal(host.NodeRecord{Owner: Owner, Role: document.Worker})
	testkit.Must(n.t, err)
	testkit.Must(n.t, os.WriteFile(n.Host.Path(host.RecordFile(Owner.Mesh)), text, 0o644))
	return n
}

// folder with the places of a node.
func folder(t testing.TB) string {
	t.Helper()
	root := testkit.Folder(t)
	for _, path := range []string{host.UnitDir, host.ConsulDir, host.Instances, host.Binaries, host.Incoming, host.Secrets, host.EnvDir, host.Meshes, host.Fences, "/run/systemd/system"} {
		if err := os.MkdirAll(filepath.Join(root, path), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{host.Secrets, host.EnvDir} {
		if err := os.Chmod(filepath.Join(root, path), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// healthy is the result of Consul's check of a registration: it connects to the port of its unit, or to the one that it
// names.
func (n *Node) healthy(id string) bool {
	if one, there := n.Consul.Registered(id); there && one.Port > 0 {
		return n.Procs.Listens(one.Port)
	}
	return n.Procs.healthy(id)
}

type writer struct{ *Node }

func (w writer) Write(text []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.out.Write(text)
}

// Printed since the last Forget.
func (n *Node) Printed() string {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.out.String()
}

// Forget what was printed and asked for.
func (n *Node) Forget() {
	n.mutex.Lock()
	n.out.Reset()
	n.mutex.Unlock()
	n.Units.Forget()
	n.Consul.Forget()
}

// Put a file on the node, as a person would.
func (n *Node) Put(path, content string) {
	n.t.Helper()
	testkit.Put(n.t, n.Host.Root, path, content)
}

// Text of a file; "" when there is none.
func (n *Node) Text(path string) string {
	text, _ := n.Host.Read(path)
	return string(text)
}

// Start units by hand.
func (n *Node) Start(units ...string) {
	n.t.Helper()
	ctx := context.Background()
	testkit.Must(n.t, n.Units.DaemonReload(ctx))
	testkit.Must(n.t, n.Units.Enable(ctx, units...))
	testkit.Must(n.t, n.Units.DaemonReload(ctx))
	testkit.Must(n.t, n.Units.Start(ctx, units...))
}
