package sweep_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/instance/fake"
	"gatehouse/node/sweep"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; expected %q", parts)
	}
	contains(t, err.Error(), parts...)
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("expected %q in:\n%s", part, text)
		}
	}
}

func unchanged(t *testing.T, n *fake.Node, before string) {
	t.Helper()
	if after := n.State(); after != before {
		t.Error(difference(before, after))
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

// difference of two texts, by line.
func difference(before, after string) string {
	var lines []string
	was, is := strings.Split(before, "\n"), strings.Split(after, "\n")
	for _, line := range was {
		if !slices.Contains(is, line) {
			lines = append(lines, "- "+line)
		}
	}
	for _, line := range is {
		if !slices.Contains(was, line) {
			lines = append(lines, "+ "+line)
		}
	}
	return strings.Join(lines, "\n")
}
