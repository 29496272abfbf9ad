package sweep_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
	"gatehouse/node/secrets"
	"gatehouse/node/sweep"
	"gatehouse/node/testkit"
)

var stock = document.Owner{Mesh: "stock", Node: "worker1"}

// ofStock is the release of the other mesh.
func ofStock(release document.Instance) document.Instance {
	release.Owner = stock
	for i, file := range release.Files {
		release.Files[i].Content = strings.ReplaceAll(file.Content, "mesh shop", "mesh stock")
	}
	return release
}

// shared node: shop has web and front, stock has store and gate, and what there is next to instances.
func shared(t *testing.T) *fake.Node {
	n := used(t)
	n.Put(host.RecordFile("stock"), `{"mesh": "stock", "node": "worker1", "role": "worker"}`)
	n.Put(host.NodeFile, host.EarlierRecord(2))
	testkit.Must(t, n.Host.Remove(host.Program))
	for _, mesh := range []string{"shop", "stock"} {
		n.Put(host.ProgramOf(mesh), mesh)
		n.Put(consul.NodeTokenOf(mesh), "token of "+mesh)
		n.Put(secrets.Arriving(mesh)+"/tokens.json", "{}")
	}
	testkit.Must(t, n.Host.Link("stock/gatehouse-node", host.Program))
	for _, release := range []document.Instance{fake.Service("store", "r1"), fake.Gateway("gate", "r1")} {
		release, name := ofStock(release), release.Name
		for _, file := range release.Files {
			n.Put(file.Path, file.Content)
		}
		n.Put(filepath.Join(instance.Home(name), "history.json"), `{"mesh": "stock", "node": "worker1"}`)
		n.Put(instance.TokenFile(name), "token")
	}
	testkit.Must(t, instance.Claim(context.Background(), n.Host, stock, "brought"))
	n.Put(instance.TokenFile("brought"), "token")
	n.Put(instance.Incoming("stock")+"/just-uploaded", "program")
	n.Put(host.Binaries+"/given-up/.used-by-stock", "")
	n.Put(host.UnitDir+"/left.service", unit("left, a service of mesh stock"))
	n.Put(host.ConsulDir+"/left.hcl", fake.Written+definition("left", ""))
	n.Start("store.service", "store-sidecar-proxy.service", "gate.service")
	testkit.Must(t, n.Consul.Reload(context.Background()))
	return n
}

// stocks are the lines of the state that name what is of the mesh stock.
func stocks(n *fake.Node) string {
	var lines []string
	for _, line := range strings.Split(n.State(), "\n") {
		for _, name := range []string{"stock", "store", "gate.", "gate ", "brought", "left"} {
			if strings.Contains(line, name) && !strings.HasPrefix(line, host.NodeFile) {
				lines = append(lines, line)
				break
			}
		}
	}
	return strings.Join(lines, "\n")
}

func TestASweepTouchesNothingOfAnotherMesh(t *testing.T) {
	n := shared(t)
	before := stocks(n)
	testkit.Must(t, run(n, declaring()))
	if after := stocks(n); after != before {
		t.Error(testkit.Difference(before, after))
	}
	there(t, n, instance.Incoming("stock")+"/just-uploaded", host.Binaries+"/given-up", "/etc/systemd/system/gatehouse-drain.service", host.MeshFile)
	gone(t, n, "/etc/systemd/system/web.service", "/opt/gatehouse/secrets/web.token", instance.Home("front"))
}

func TestAWipeTouchesNothingOfAnotherMeshAndTheLastOneRemovesSharedFiles(t *testing.T) {
	n := shared(t)
	before := stocks(n)
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner, OnDestroy: true}, nil))
	testkit.Must(t, sweep.Uninstall(n.Host, fake.Owner))
	if after := stocks(n); after != before {
		t.Error(testkit.Difference(before, after))
	}
	there(t, n, "/etc/systemd/system/gatehouse-drain.service", host.MeshFile, host.NodeEnv, host.Program, host.Binaries+"/given-up")
	gone(t, n, host.RecordFile("shop"), host.NodeFile, host.ProgramOf("shop"), consul.NodeTokenOf("shop"), secrets.Arriving("shop"), instance.Incoming("shop"))
	if text := n.Text(host.Program); text != "stock" {
		t.Errorf("the units run the program of %q", text)
	}
	testkit.Contains(t, n.Printed(), "nothing of the mesh shop is on this node any more; it still has: stock")
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner, OnDestroy: true}, nil)) // once more
	if after := stocks(n); after != before {
		t.Error(testkit.Difference(before, after))
	}
	// AND the last one leaves nothing
	testkit.Must(t, wipe(n, document.Wipe{Owner: stock, OnDestroy: true}, nil))
	testkit.Must(t, sweep.Uninstall(n.Host, stock))
	gone(t, n, host.Gatehouse, host.MeshFile, host.Locks, "/etc/systemd/system/store.service", "/etc/systemd/system/gatehouse-drain.service")
}

func TestTheAgentOfAMeshStaysForAnotherOne(t *testing.T) {
	n := shared(t)
	n.Put("/opt/gatehouse/agent.json", `{"mesh": "shop"}`)
	before := n.State()
	remove := func(context.Context) error { t.Error("the agent was removed"); return nil }
	testkit.Refused(t, wipe(n, document.Wipe{Owner: fake.Owner, Agent: true}, remove), "This node has instances of: stock; nothing was changed")
	unchanged(t, n, before)
	// The other one is wiped without the agent, and the agent's files are there afterwards.
	testkit.Must(t, wipe(n, document.Wipe{Owner: stock, OnDestroy: true}, nil))
	testkit.Must(t, sweep.Uninstall(n.Host, stock))
	there(t, n, "/opt/gatehouse/agent.json", "/opt/gatehouse/secrets/_agent.token", host.Program, instance.Home("web"))
}

func TestADestroyBeforeTheNodeWasSetUpLeavesNothing(t *testing.T) {
	n := shared(t)
	testkit.Must(t, n.Host.Remove(host.RecordFile("shop")))
	before := n.State()
	for _, name := range []string{"one", "two"} {
		testkit.Must(t, instance.Claim(context.Background(), n.Host, document.Owner{Mesh: "late", Node: "worker1"}, name))
		n.Put(instance.TokenFile(name), "token")
	}
	n.Put(host.ProgramOf("late"), "late")
	n.Put(consul.NodeTokenOf("late"), "token")
	late := document.Owner{Mesh: "late", Node: "worker1"}
	testkit.Must(t, wipe(n, document.Wipe{Owner: late, OnDestroy: true}, nil))
	testkit.Must(t, sweep.Uninstall(n.Host, late))
	unchanged(t, n, before)
}
