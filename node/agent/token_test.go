package agent_test

import (
	"context"
	"strings"
	"testing"

	"gatehouse/node/agent"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

func (n *node) giveToken(mesh string) error {
	doc := document.AgentToken{Owner: document.Owner{Mesh: mesh, Node: "server1"}}
	return agent.Token(context.Background(), n.h, n.units, n.tools, doc)
}

func withArrivedToken(t *testing.T) *node {
	n := withServer(t)
	n.token = "own"
	n.arrive("agent-token", map[string]string{"agentToken": "own"})
	return n
}

func TestToken(t *testing.T) {
	n := withArrivedToken(t)
	testkit.Must(t, n.giveToken("shop"))
	expectFiles(t, n, files{
		"/opt/gatehouse/secrets/_agent.token": {0o600, "own\n"},
		"/etc/consul.d/gatehouse-secrets.json": {0o640, "{\n  \"encrypt\": \"gossip\",\n  \"acl\": {\n    \"tokens\": {\n" +
			"      \"agent\": \"own\",\n      \"initial_management\": \"management\"\n    }\n  }\n}\n"},
	})
	if got := strings.Join(n.units.Calls(), ", "); got != "reload consul.service" {
		t.Errorf("calls: %s", got)
	}
	if got := n.out.String(); got != "gatehouse: Consul's agent on server1 has its token\n" {
		t.Errorf("output: %s", got)
	}
}

func TestATokenThatTheAgentDoesNotTake(t *testing.T) {
	n := withArrivedToken(t)
	n.token = "another"
	before := n.state()
	err := n.giveToken("shop")
	if err == nil || !strings.Contains(err.Error(), "did not take its token") || !strings.Contains(err.Error(), "goes on with what it had before") {
		t.Errorf("error: %v", err)
	}
	if after := n.state(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	if got := strings.Join(n.units.Calls(), ", "); got != "reload consul.service, reload consul.service" {
		t.Errorf("calls: %s", got)
	}
}

func TestATokensFaults(t *testing.T) {
	want := ""
	for failing := 0; ; failing++ {
		n := withArrivedToken(t)
		before, at, count := n.state(), "", 0
		n.fault = func(change string) error {
			if count++; count != failing {
				return nil
			}
			at = change
			return errFault
		}
		err := n.giveToken("shop")
		if failing == 0 {
			want = n.state()
		}
		n.judge(before, want, at, err)
		if failing > count {
			return
		}
	}
}

func TestATokenIsRefused(t *testing.T) {
	n := withArrivedToken(t)
	n.arriveFor("other", "agent-token", map[string]string{"agentToken": "own"})
	if err := n.giveToken("other"); err == nil || !strings.Contains(err.Error(), "the Consul agent of this node is of the mesh shop") {
		t.Errorf("error: %v", err)
	}
	if n.h.Exists(host.Arriving + "/other/agent-token.json") {
		t.Error("the secret is still there")
	}
	n.arrive("agent-token", map[string]string{"agentToken": ""})
	if err := n.giveToken("shop"); err == nil || !strings.Contains(err.Error(), "have no agentToken") {
		t.Errorf("error: %v", err)
	}
	testkit.Must(t, n.h.Remove("/etc/consul.d/gatehouse-secrets.json"))
	n.arrive("agent-token", map[string]string{"agentToken": "own"})
	if err := n.giveToken("shop"); err == nil || !strings.Contains(err.Error(), "agent_server1") {
		t.Errorf("error: %v", err)
	}
}
