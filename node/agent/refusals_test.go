package agent_test

import (
	"strings"
	"testing"

	"gatehouse/node/agent"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

func TestRefusals(t *testing.T) {
	for name, one := range map[string]struct {
		prepare func(n *node, doc *document.Agent, secrets map[string]string)
		message string
	}{
		"another mesh": {func(n *node, _ *document.Agent, _ map[string]string) {
			n.put("/opt/gatehouse/agent.json", `{"mesh": "other"}`, 0o644)
		}, "the Consul agent of this node is of the mesh other"},
		"another mesh's node": {func(n *node, _ *document.Agent, _ map[string]string) {
			n.put("/opt/gatehouse/node.conf", "MESH='other'\n", 0o644)
		}, "this node belongs to the mesh other"},
		"another mesh of an earlier version": {func(n *node, _ *document.Agent, _ map[string]string) {
			n.put("/opt/gatehouse/agent.conf", "MESH='other'\n", 0o644)
		}, "the Consul agent of this node is of the mesh other"},
		"an agent that another mesh uses": {func(n *node, _ *document.Agent, _ map[string]string) {
			n.put(host.RecordFile("other"), `{"mesh": "other"}`, 0o644)
		}, "write existing: true under consul in shop. This node has instances of: other"},
		"a configuration that Consul refuses": {func(_ *node, doc *document.Agent, _ map[string]string) {
			doc.Configuration.Content = "nonsense"
		}, "Consul refuses the agent's configuration"},
		"no certificate": {func(_ *node, _ *document.Agent, secrets map[string]string) { delete(secrets, "ca") },
			"have no ca"},
		"a file of another place": {func(_ *node, doc *document.Agent, _ map[string]string) { doc.Unit.Path = "/etc/passwd" },
			"not /etc/consul.d/consul.hcl and /etc/passwd"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			doc, secrets := workerDocument(), workerSecrets()
			n.arrive("agent", secrets)
			one.prepare(n, &doc, secrets)
			n.arrive("agent", secrets)
			before := n.state()
			err := n.setup(doc)
			if err == nil || !strings.Contains(err.Error(), one.message) || !strings.Contains(err.Error(), "nothing was changed") {
				t.Errorf("error: %v", err)
			}
			if after := n.state(); after != before {
				t.Errorf("before\n%s\nafter\n%s", before, after)
			}
			if n.h.Exists(host.Arriving + "/shop/agent.json") {
				t.Error("the secrets are still there")
			}
		})
	}
	n := newNode(t)
	if err := n.setup(workerDocument()); err == nil || !strings.Contains(err.Error(), "did not arrive at /run/gatehouse-secrets/shop/agent.json") {
		t.Errorf("error: %v", err)
	}
}

func TestNoFaultLeavesSecretsBehind(t *testing.T) {
	arriving := host.Arriving + "/shop"
	for name, one := range map[string]struct {
		prepare func(n *node)
		run     func(n *node) error
	}{
		"set-up": {
			func(n *node) { n.arrive("agent", serverSecrets()) },
			func(n *node) error { return n.setup(serverDocument()) },
		},
		"token": {
			func(n *node) {
				n.arrive("agent", serverSecrets())
				testkit.Must(n.t, n.setup(serverDocument()))
				n.arrive("agent-token", map[string]string{"agentToken": "of the agent"})
			},
			func(n *node) error {
				return agent.Token(n.t.Context(), n.h, n.units, n.tools, document.AgentToken{Owner: serverDocument().Owner})
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for failing, more := 1, true; more; failing++ {
				n := newNode(t)
				one.prepare(n)
				at, count := "", 0
				n.fault = func(change string) error {
					if count++; count != failing {
						return nil
					}
					at = change
					return errFault
				}
				err := one.run(n)
				more = at != ""
				if strings.HasPrefix(at, "remove "+arriving) {
					continue // this one is named to the person who deploys
				}
				if left := n.h.List(arriving); len(left) > 0 {
					t.Errorf("%s (%v): left %v", at, err, left)
				}
				for _, entry := range n.h.List(host.Locks) {
					if strings.HasPrefix(entry, "agent-") {
						t.Errorf("%s (%v): left %s", at, err, entry)
					}
				}
			}
		})
	}
}
