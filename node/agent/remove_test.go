package agent_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/agent"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

func (n *node) remove(mesh string) error {
	doc := document.AgentRemoval{Owner: document.Owner{Mesh: mesh, Node: "worker1"}}
	return agent.Remove(context.Background(), n.h, n.units, n.tools, doc)
}

// left are the files and folders of the node.
func (n *node) left() []string {
	var left []string
	for _, path := range []string{"/etc/consul.d", host.UnitDir + "/consul.service", "/opt/consul", host.Gatehouse, host.Locks} {
		if n.h.Exists(path) {
			left = append(left, path)
		}
	}
	return left
}

func withProgram(t *testing.T) *node {
	n := withWorker(t)
	n.token = "token"
	n.put(host.Program, "program", 0o755)
	n.put("/opt/consul/serf/local.snapshot", "members", 0o600)
	n.put(host.RanOf("shop")+"/agent_worker1", "17", 0o644)
	return n
}

func TestRemove(t *testing.T) {
	n := withProgram(t)
	testkit.Must(t, n.remove("shop"))
	if left := n.left(); left != nil || n.users["consul"] || n.units.State() != "" {
		t.Errorf("left: %v, users %v, units %q", left, n.users, n.units.State())
	}
	if !n.leaves {
		t.Error("the agent did not leave the cluster")
	}
	if !slices.Equal(n.freed, []bool{false}) {
		t.Errorf("the ports are freed once the node has no agent of Gatehouse's: %v", n.freed)
	}
	if got := n.out.String(); got != "gatehouse: the Consul agent is gone from worker1\n" {
		t.Errorf("output: %s", got)
	}
	testkit.Must(t, n.remove("shop")) // nothing to do
}

func TestRemoveLeavesOtherFiles(t *testing.T) {
	n := withProgram(t)
	n.put("/etc/consul.d/frontend.hcl", "service {}", 0o644)
	n.put("/etc/consul.d/tls/frontend-key.pem", "key of frontend", 0o600)
	n.put(host.NodeFile, `{"mesh": "shop"}`, 0o644)
	n.put("/opt/gatehouse/agent.json", `{"mesh": "shop", "addedUser": false}`, 0o644)
	testkit.Must(t, n.remove("shop"))
	if !n.h.Exists("/etc/consul.d/frontend.hcl") || !n.h.Exists("/etc/consul.d/tls/frontend-key.pem") || !n.h.Exists(host.Program) || !n.users["consul"] {
		t.Error("it removed what is not the agent's")
	}
}

func TestRemoveLeavesAnAgentThatAPersonPutInPlaceOfOurs(t *testing.T) {
	for _, path := range []string{configuration, host.UnitDir + "/consul.service"} {
		n := withProgram(t)
		n.put(path, "by hand\n", 0o644)
		testkit.Must(t, n.remove("shop"))
		if n.read(path) != "by hand\n" || n.units.State() != "consul.service active enabled" || n.leaves || !n.users["consul"] || !n.h.Exists("/opt/consul/serf") {
			t.Errorf("units %q, left %t, users %v\n%s", n.units.State(), n.leaves, n.users, n.state())
		}
		if n.h.Exists(agent.RecordFile) || !strings.Contains(n.out.String(), "the Consul agent of worker1 stays: Gatehouse did not write the "+path) {
			t.Errorf("output: %s", n.out)
		}
	}
}

func TestRemoveGoesOnAfterAFault(t *testing.T) {
	for failing := 1; ; failing++ {
		n := withProgram(t)
		count := 0
		n.fault = func(string) error {
			if count++; count == failing {
				return errFault
			}
			return nil
		}
		err := n.remove("shop")
		if failing > count {
			return
		}
		if err != nil {
			testkit.Must(t, n.remove("shop"))
		}
		left := n.left()
		// Without the record, only the folder of the locks may be left, which the next boot empties.
		if len(left) > 0 && (len(left) > 1 || left[0] != host.Locks) && n.h.Exists(agent.RecordFile) {
			t.Errorf("fault %d (%v): left %v", failing, err, left)
		}
		if n.users["consul"] {
			t.Errorf("fault %d (%v): the user is left", failing, err)
		}
	}
}

func TestRemoveRefusesAnotherMesh(t *testing.T) {
	n := withProgram(t)
	before := n.state()
	if err := n.remove("other"); err == nil || !strings.Contains(err.Error(), "the Consul agent of this node is of the mesh shop") {
		t.Errorf("error: %v", err)
	}
	if n.state() != before {
		t.Error("it changed something")
	}
}

func TestTheAgentStaysForAnotherMesh(t *testing.T) {
	n := withProgram(t)
	n.put(host.RecordFile("other"), `{"mesh": "other", "node": "worker1"}`, 0o644)
	before := n.state()
	if err := n.remove("shop"); err == nil || !strings.Contains(err.Error(), "This node has instances of: other; nothing was changed") {
		t.Errorf("error: %v", err)
	}
	if n.state() != before {
		t.Error("it changed something")
	}
	testkit.Must(t, n.h.Remove(host.RecordFile("other")))
	testkit.Must(t, n.remove("shop"))
}

func TestRemoveLeavesAForeignAgentAlone(t *testing.T) {
	n := newNode(t)
	n.put(configuration, "by hand", 0o644)
	testkit.Must(t, n.remove("shop"))
	if _, err := os.Stat(n.h.Path(configuration)); err != nil || n.out.Len() > 0 {
		t.Errorf("%v %s", err, n.out)
	}
}
