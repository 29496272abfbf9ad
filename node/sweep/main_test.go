package sweep_test

import (
	"context"
	"fmt"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/instance/fake"
	"gatehouse/node/sweep"
	"gatehouse/node/testkit"
)

func unchanged(t *testing.T, n *fake.Node, before string) {
	t.Helper()
	if after := n.State(); after != before {
		t.Error(testkit.Difference(before, after))
	}
}

func there(t *testing.T, n *fake.Node, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if !n.Host.Exists(path) {
			t.Errorf("%s is gone", path)
		}
	}
}

func gone(t *testing.T, n *fake.Node, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if n.Host.Exists(path) {
			t.Errorf("%s is still there", path)
		}
	}
}

// declaring instances, with the gateway edge on other nodes.
func declaring(instances ...string) document.Sweep {
	return document.Sweep{Owner: fake.Owner, Instances: instances, LetGo: []string{"edge"}}
}

func run(n *fake.Node, doc document.Sweep) error {
	return sweep.Run(context.Background(), n.Node, n.Consul, doc)
}

func unit(description string) string {
	return fake.Written + "[Unit]\nDescription=" + description + "\n[Service]\nExecStart=/usr/bin/something\n"
}

func definition(name, kind string) string {
	return fmt.Sprintf("service {\n  name = %q\n  kind = %q\n}\n", name, kind)
}

// agentsOwn are files of the agent and of the node, which no sweep touches.
func agentsOwn(n *fake.Node) []string {
	own := []string{"/etc/consul.d/consul.hcl", "/etc/consul.d/gatehouse-secrets.hcl", "/etc/systemd/system/consul.service",
		"/etc/systemd/system/gatehouse-drain.service", "/opt/gatehouse/secrets/_agent.token"}
	for _, path := range own {
		n.Put(path, unit("Consul agent of mesh shop"))
	}
	return own
}

func arm(n *fake.Node, fault func(change string) error) {
	n.Host.Fault, n.Units.Fault, n.Consul.Fault = fault, fault, fault
}
