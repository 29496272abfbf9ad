package sweep_test

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
	"gatehouse/node/sweep"
	"gatehouse/node/testkit"
)

func wipe(n *fake.Node, doc document.Wipe, removeAgent func(context.Context) error) error {
	return sweep.Wipe(context.Background(), n.Node, doc, removeAgent)
}

// used node: two instances, the node's own parts, and an agent that stays.
func used(t *testing.T) *fake.Node {
	n := fake.New(t)
	testkit.Must(t, n.Apply(context.Background(), fake.Service("web", "r1"), nil))
	testkit.Must(t, n.Apply(context.Background(), fake.Gateway("front", "r1"), nil))
	for _, path := range []string{host.Program, host.NodeEnv, "/opt/gatehouse/secrets/web.token", "/opt/gatehouse/secrets/_agent.token", "/etc/consul.d/consul.hcl"} {
		n.Put(path, "text")
	}
	n.Put(host.MeshFile, "exec /opt/gatehouse/bin/gatehouse-node mesh")
	n.Put("/etc/systemd/system/gatehouse-drain.service", unit("drains the node"))
	n.Put("/etc/systemd/system/gatehouse-fence.service", unit("fences ports"))
	n.Put("/etc/systemd/system/consul.service", unit("Consul agent of mesh shop"))
	n.Start("gatehouse-drain.service", "consul.service")
	n.Units.OnStop = func(unit string) {
		if unit == "gatehouse-drain.service" {
			_ = n.Consul.NodeMaintenance(context.Background(), true)
		}
	}
	return n
}

func TestAWipeLeavesNothingOfTheMesh(t *testing.T) {
	n := used(t)
	n.Put("/opt/gatehouse/ran/shop/program_w1", "17")
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner}, nil))
	gone(t, n, host.Gatehouse, host.MeshFile, host.Locks, "/etc/systemd/system/web.service", "/etc/systemd/system/gatehouse-drain.service", "/etc/systemd/system/gatehouse-fence.service", "/etc/consul.d/web.hcl")
	there(t, n, "/etc/consul.d/consul.hcl", "/etc/systemd/system/consul.service")
	if state := n.Units.State(); state != "consul.service active enabled" {
		t.Error(state)
	}
	if ids := n.Consul.InMaintenance(); len(ids) > 0 {
		t.Errorf("in maintenance mode: %q", ids)
	}
	testkit.Contains(t, n.Printed(), "the node is empty")
	// Once more, on an empty node.
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner}, nil))
}

func TestAWipeKeepsTheFilesOfTheAgentThatTheClusterStackSetUp(t *testing.T) {
	n := used(t)
	n.Put("/opt/gatehouse/agent.json", "{}")
	n.Put("/run/gatehouse-secrets/agent.json", "{}")
	n.Put("/opt/gatehouse/ran/shop/agent_w1", "17")
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner}, nil))
	if names := n.Host.List(host.Gatehouse); !slices.Equal(names, []string{"agent.json", "bin", "ran", "secrets"}) {
		t.Errorf("%q", names)
	}
	if names := n.Host.List(host.Secrets); !slices.Equal(names, []string{"_agent.token"}) {
		t.Errorf("%q", names)
	}
	there(t, n, host.Program, host.Arriving)
}

func TestAWipeRemovesTheAgentWhereItIsAskedTo(t *testing.T) {
	n := used(t)
	asked := 0
	remove := func(context.Context) error {
		asked++
		return nil
	}
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner}, remove))
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner, Agent: true}, remove))
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	n = used(t)
	testkit.Refused(t, wipe(n, document.Wipe{Owner: fake.Owner, Agent: true}, func(context.Context) error { return errors.New("it does not leave") }), "it does not leave")
	there(t, n, host.RecordFile("shop"))
}

func TestAWipeLeavesANodeOfAnotherMesh(t *testing.T) {
	n := used(t)
	testkit.Must(t, n.Host.Rename(host.RecordFile("shop"), host.NodeFile)) // as an earlier version wrote it
	before := n.State()
	doc := document.Wipe{Owner: document.Owner{Mesh: "other", Node: "worker1"}}
	testkit.Refused(t, wipe(n, doc, nil), "this node belongs to the mesh shop: nothing was removed", "take it out of the nodes of other")
	// A destroy continues with the other nodes.
	doc.OnDestroy = true
	testkit.Must(t, wipe(n, doc, nil))
	unchanged(t, n, before)
	testkit.Contains(t, n.Printed(), "this node belongs to the mesh shop: nothing was removed")
}

func TestAWipeLeavesTheTokenWithWhichIntentionsAreRemovedLater(t *testing.T) {
	n := used(t)
	n.Put("/opt/gatehouse/secrets/_handover.token", "secret")
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner}, nil))
	if names := append(n.Host.List(host.Gatehouse), n.Host.List(host.Secrets)...); !slices.Equal(names, []string{"secrets", "_handover.token"}) {
		t.Errorf("%q", names)
	}
}

func TestAfterAFaultAtAnyStepOfAWipeTheNextOneFinishes(t *testing.T) {
	n, count := used(t), 0
	arm(n, func(string) error {
		count++
		return nil
	})
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner}, nil))
	arm(n, nil)
	after := n.State()
	for point := 1; point <= count; point += testkit.Stride() {
		n, at := used(t), 0
		arm(n, func(string) error {
			if at++; at == point {
				return syscall.EIO
			}
			return nil
		})
		_ = wipe(n, document.Wipe{Owner: fake.Owner}, nil)
		arm(n, nil)
		if ids := n.Consul.InMaintenance(); len(ids) > 0 {
			t.Errorf("in maintenance mode: %q", ids)
		}
		testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner}, nil))
		unchanged(t, n, after)
	}
}

func TestOnDestroyTheProgramStaysForLaterSteps(t *testing.T) {
	n := used(t)
	n.Put("/opt/gatehouse/ran/shop/program_w1", "17")
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner, OnDestroy: true}, nil))
	if names := n.Host.List(host.Gatehouse); !slices.Equal(names, []string{"bin", "ran"}) {
		t.Errorf("%q", names)
	}
	testkit.Must(t, sweep.Uninstall(n.Host, fake.Owner))
	gone(t, n, host.Gatehouse, host.Locks)
}

func TestANodeWhoseAgentIsOfAnotherMeshIsLeftAsItIs(t *testing.T) {
	n := fake.New(t)
	testkit.Must(t, n.Host.Remove(host.RecordFile("shop")))
	n.Put("/opt/gatehouse/agent.json", `{"mesh": "other", "role": "server"}`)
	n.Put(host.Program, "program")
	n.Put(host.MeshFile, "exec /opt/gatehouse/bin/gatehouse-node mesh")
	testkit.Must(t, sweep.Uninstall(n.Host, fake.Owner))
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner, OnDestroy: true}, nil))
	remove := func(context.Context) error { return errors.New("it was removed") }
	testkit.Refused(t, wipe(n, document.Wipe{Owner: fake.Owner, Agent: true}, remove), "the Consul agent of this node is of the mesh other")
	there(t, n, host.Program, host.MeshFile, "/opt/gatehouse/agent.json")
}

func TestTheProgramStaysForTheRemovalOfTheAgent(t *testing.T) {
	n := fake.New(t)
	testkit.Must(t, n.Host.Remove(host.RecordFile("shop")))
	n.Put("/opt/gatehouse/agent.json", `{"mesh": "shop", "role": "server"}`)
	n.Put(host.Program, "program")
	testkit.Must(t, sweep.Uninstall(n.Host, fake.Owner))
	there(t, n, host.Program)
}

func TestAWipeLeavesAnotherProgramThatIsNamedMesh(t *testing.T) {
	n := used(t)
	n.Put(host.MeshFile, "another program")
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner}, nil))
	there(t, n, host.MeshFile)
}
