package agent_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"

	"gatehouse/node/agent"
	"gatehouse/node/document"
	"gatehouse/node/testkit"
)

// sorts of nodes and of changes that a run makes to them.
func sorts() map[string]func(t *testing.T) (*node, document.Agent) {
	return map[string]func(t *testing.T) (*node, document.Agent){
		"a new worker": func(t *testing.T) (*node, document.Agent) {
			n := newNode(t)
			n.arrive("agent", workerSecrets())
			return n, workerDocument()
		},
		"a new server": func(t *testing.T) (*node, document.Agent) {
			n := newNode(t)
			n.arrive("agent", serverSecrets())
			return n, serverDocument()
		},
		"a changed configuration, unit, certificate and token": func(t *testing.T) (*node, document.Agent) {
			n := withWorker(t)
			n.put("/opt/consul/serf/local.keyring", "key", 0o600)
			n.arrive("agent", map[string]string{"ca": "another\n", "agentToken": "another"})
			doc := workerDocument()
			doc.Configuration.Content, doc.Unit.Content = "server = false\n", "[Unit]\n"
			return n, doc
		},
		"a changed certificate": func(t *testing.T) (*node, document.Agent) {
			n := withServer(t)
			secrets := serverSecrets()
			secrets["cert"], secrets["key"] = "another\n", "another\n"
			n.arrive("agent", secrets)
			return n, serverDocument()
		},
		"a mesh that is unlocked": func(t *testing.T) (*node, document.Agent) {
			n := withWorker(t)
			doc := workerDocument()
			doc.ACL, doc.TLS, doc.Secrets = false, false, false
			return n, doc
		},
		"a foreign agent that does not run": func(t *testing.T) (*node, document.Agent) {
			n := newNode(t)
			n.users["consul"] = true
			n.put("/etc/systemd/system/consul.service", "by hand\n", 0o600)
			n.put(configuration, "by hand\n", 0o600)
			n.put("/etc/consul.d/tls/ca.pem", "by hand\n", 0o600)
			testkit.Must(t, n.units.DaemonReload(context.Background()))
			n.units.Forget()
			n.arrive("agent", workerSecrets())
			return n, workerDocument()
		},
		"an earlier version's record": func(t *testing.T) (*node, document.Agent) {
			n := withWorker(t)
			testkit.Must(t, n.h.Remove(agent.RecordFile))
			n.put("/opt/gatehouse/agent.conf", "ROLE='worker'\n", 0o644)
			n.arrive("agent", workerSecrets())
			return n, workerDocument()
		},
	}
}

// declared is the state after a run without a fault.
func declared(t *testing.T, prepare func(t *testing.T) (*node, document.Agent)) (state string, changes int) {
	n, doc := prepare(t)
	n.fault = func(string) error {
		changes++
		return nil
	}
	testkit.Must(t, n.setup(doc))
	return n.state(), changes
}

func TestAFaultAtEveryChange(t *testing.T) {
	for name, prepare := range sorts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, changes := declared(t, prepare)
			if changes < 3 {
				t.Fatalf("%d changes", changes)
			}
			for failing := 1; failing <= changes; failing++ {
				n, doc := prepare(t)
				before := n.state()
				at, count := "", 0
				n.fault = func(change string) error {
					if count++; count != failing {
						return nil
					}
					at = change
					return errFault
				}
				err := n.setup(doc)
				n.judge(before, want, at, err)
			}
		})
	}
}

// judge whether the node is as before, or as declared.
func (n *node) judge(before, want, at string, err error) {
	n.t.Helper()
	after := n.state()
	switch {
	case strings.HasSuffix(at, ".gatehouse-before") && strings.HasPrefix(at, "remove"):
		// The run is over; the next one removes the copies that it kept.
		if err != nil {
			n.t.Errorf("%s: %v", at, err)
		}
	case err == nil && after != want:
		n.t.Errorf("%s: no error, and it is not as declared\n%s\nbut\n%s", at, want, after)
	case err != nil && after != before:
		n.t.Errorf("%s: %v, and it is not as before\n%s\nbut\n%s", at, err, before, after)
	case err != nil && strings.Contains(err.Error(), "could not go back"):
		n.t.Errorf("%s: %v", at, err)
	}
}

func TestAFullDiskAtEveryChange(t *testing.T) {
	for name, prepare := range sorts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, changes := declared(t, prepare)
			for full := 1; full <= changes; full++ {
				n, doc := prepare(t)
				before := n.state()
				at, count := "", 0
				n.fault = func(change string) error {
					verb, _, _ := strings.Cut(change, " ")
					if count++; count < full || (verb != "write" && verb != "mkdir" && verb != "hardlink" && verb != "useradd") {
						return nil
					}
					if at == "" {
						at = change
					}
					return syscall.ENOSPC
				}
				n.judge(before, want, at, n.setup(doc))
			}
		})
	}
}

func TestASignalAtEveryChange(t *testing.T) {
	for name, prepare := range sorts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, changes := declared(t, prepare)
			for last := 1; last <= changes; last++ {
				n, doc := prepare(t)
				before := n.state()
				ctx, cancel := context.WithCancelCause(context.Background())
				at, count := "", 0
				n.fault = func(change string) error {
					if count++; count == last {
						at = change
						cancel(errors.New("a signal"))
					}
					return nil
				}
				err := agent.Setup(ctx, n.h, n.units, n.tools, doc)
				n.judge(before, want, at, err)
				cancel(nil)
			}
		})
	}
}

func TestAnAgentThatDoesNotStart(t *testing.T) {
	for name, prepare := range sorts() {
		if name == "a changed certificate" || name == "an earlier version's record" {
			continue // nothing is started
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, doc := prepare(t)
			before := n.state()
			n.units.OnStart = func(string) error {
				if n.read(configuration) == doc.Configuration.Content && n.h.Exists("/etc/consul.d/.consul.hcl.gatehouse-before") ||
					!strings.Contains(before, configuration) || !doc.TLS && !n.h.Exists("/etc/consul.d/tls/ca.pem") {
					return errors.New("exit-code")
				}
				return nil
			}
			err := n.setup(doc)
			message := "this node went back to the earlier configuration, and the agent was restarted with it"
			switch {
			case strings.HasPrefix(name, "a new"):
				message = "what this run had put on the node was removed again"
			case strings.HasPrefix(name, "a foreign"):
				message = "this node went back to the earlier configuration, with the agent stopped as it was"
			}
			if err == nil || !strings.HasPrefix(err.Error(), "the agent did not start") || !strings.HasSuffix(err.Error(), message) {
				t.Errorf("error: %v", err)
			}
			if after := n.state(); after != before {
				t.Errorf("before\n%s\nafter\n%s", before, after)
			}
			if !strings.Contains(n.out.String(), "the journal\n") {
				t.Errorf("output: %s", n.out)
			}
		})
	}
}

func TestAnAgentThatStartsNeitherWay(t *testing.T) {
	n := withWorker(t)
	doc := workerDocument()
	doc.Configuration.Content = "server = false\n"
	n.arrive("agent", workerSecrets())
	n.units.OnStart = func(string) error { return errors.New("exit-code") }
	err := n.setup(doc)
	if err == nil || !strings.Contains(err.Error(), "this node could not go back to how it was: cannot restart the agent with the earlier configuration") {
		t.Errorf("error: %v", err)
	}
	if n.read(configuration) != workerDocument().Configuration.Content {
		t.Error("the earlier configuration is not back")
	}
}

func TestNoLeader(t *testing.T) {
	for name, prepare := range sorts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, doc := prepare(t)
			before := n.state()
			n.leader = ""
			err := n.setup(doc)
			if err == nil || !strings.HasPrefix(err.Error(), "the agent started, and saw no leader") {
				t.Errorf("error: %v", err)
			}
			if after := n.state(); after != before {
				t.Errorf("before\n%s\nafter\n%s", before, after)
			}
		})
	}
}

func TestAManagementTokenThatConsulDoesNotKnow(t *testing.T) {
	n := newNode(t)
	before := n.state()
	n.arrive("agent", serverSecrets())
	n.token = "another"
	err := n.setup(serverDocument())
	if err == nil || !strings.Contains(err.Error(), "Consul does not know the management token") {
		t.Errorf("error: %v", err)
	}
	if after := n.state(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}
