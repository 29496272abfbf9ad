package setup_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
	"gatehouse/node/undo"
)

func TestWorker(t *testing.T) {
	n := newNode(t)
	testkit.Must(t, n.run(workerDocument()))
	if got := n.modes(); got != "755 gatehouse, 755 instances, 755 binaries, 700 env, 755 incoming, 700 shop, 755 mesh, 644 shop.json, 644 node.env, 644 gatehouse-drain.service, 644 gatehouse-fence.service" {
		t.Errorf("modes: %s", got)
	}
	if got := n.read(host.NodeEnv); got != "GATEHOUSE_ENVOY_FLAGS= -grpc-addr https://127.0.0.1:8503 -grpc-ca-file /etc/consul.d/tls/xds-ca.pem\n" {
		t.Errorf("node.env: %s", got)
	}
	if n.units.State() != "gatehouse-drain.service active enabled\ngatehouse-fence.service active enabled" {
		t.Errorf("units: %s", n.units.State())
	}
	record, err := n.h.Record("shop")
	if err != nil || record != (host.NodeRecord{Owner: document.Owner{Mesh: "shop", Node: "worker1"}, Role: "worker", TLS: true}) {
		t.Errorf("record: %+v %v", record, err)
	}
	if got := n.out.String(); got != "gatehouse: worker1 is ready\n" {
		t.Errorf("output: %s", got)
	}
	// A second run changes nothing and asks systemd for nothing.
	before := n.state()
	n.units.Forget()
	testkit.Must(t, n.run(workerDocument()))
	if n.state() != before || len(n.units.Calls()) > 0 {
		t.Errorf("calls: %v\n%s", n.units.Calls(), n.state())
	}
}

func TestServer(t *testing.T) {
	n := newNode(t)
	doc := workerDocument()
	doc.Node, doc.Role, doc.DrainUnit, doc.FenceUnit = "server1", document.Server, nil, nil
	n.tools.LookPath = func(program string) (string, error) {
		if program == "envoy" {
			return "", errors.New("no envoy")
		}
		return program, nil
	}
	testkit.Must(t, n.run(doc))
	if n.h.Exists(host.NodeEnv) || n.units.State() != "" {
		t.Errorf("a server carries no workload: %s", n.units.State())
	}
}

func TestEnvoyFlags(t *testing.T) {
	n := newNode(t)
	doc := workerDocument()
	testkit.Must(t, n.h.Remove("/etc/consul.d/tls/xds-ca.pem"))
	n.put("/opt/gatehouse/agent.json", `{"mesh": "shop"}`)
	doc.TLS = false
	testkit.Must(t, n.run(doc))
	if got := n.read(host.NodeEnv); got != "GATEHOUSE_ENVOY_FLAGS=\n" {
		t.Errorf("node.env: %s", got)
	}
	n.pages["/v1/agent/self"] = `{"xDS": {"SupportedProxies": {"envoy": ["1.35.9"]}, "Ports": {"TLS": -1, "Plaintext": 8502}}}`
	doc.TLS = true
	testkit.Must(t, n.run(doc)) // the agent is foreign
	if got := n.read(host.NodeEnv); got != "GATEHOUSE_ENVOY_FLAGS=-ignore-envoy-compatibility -grpc-addr 127.0.0.1:8502\n" {
		t.Errorf("node.env: %s", got)
	}
	if !strings.Contains(n.out.String(), "Consul's agent has no gRPC port with TLS; Envoy reaches it over 127.0.0.1:8502 without") {
		t.Errorf("output: %s", n.out)
	}
	if !strings.Contains(n.out.String(), "does not list Envoy 1.36.4 as supported") {
		t.Errorf("output: %s", n.out)
	}
}

func TestRefusals(t *testing.T) {
	for name, one := range map[string]struct {
		prepare func(n *node)
		message string
	}{
		"another mesh": {func(n *node) { n.put(host.NodeFile, `{"mesh": "other"}`) }, "this node belongs to the mesh other"},
		"another name": {func(n *node) { n.put(host.RecordFile("other"), `{"mesh": "other", "node": "w1", "tls": true}`) }, "this node is w1 for the mesh other, which is on it too, and worker1 for shop"},
		"another TLS":  {func(n *node) { n.put(host.RecordFile("other"), `{"mesh": "other", "node": "worker1"}`) }, "the mesh other, which is on this node too, has consul.tls false, and shop has true"},
		"no programs": {func(n *node) {
			n.tools.LookPath = func(string) (string, error) { return "", errors.New("not found") }
		}, "not on this node: consul, envoy; install them (the rendered user_data does) and deploy again"},
		"an Envoy that is a script": {func(n *node) { n.put("/usr/bin/envoy", "#!/bin/sh\nexec /opt/envoy\n") },
			"/usr/bin/envoy is a script, and in the units of sidecars and gateways nothing starts but Envoy itself"},
		"an agent without gRPC": {func(n *node) {
			testkit.Must(t, n.h.Remove("/etc/consul.d/tls/xds-ca.pem"))
			n.pages["/v1/agent/self"] = `{"xDS": {"Ports": {"TLS": -1, "Plaintext": -1}}}`
		}, "Consul's agent has no gRPC port, and from there Envoy has its configuration"},
		"no agent": {func(n *node) { delete(n.pages, "/v1/agent/self") }, "Consul's agent does not answer at 127.0.0.1:8500; see: journalctl -u consul -n 50"},
	} {
		n := newNode(t)
		one.prepare(n)
		before := n.state()
		if err := n.run(workerDocument()); err == nil || !strings.Contains(err.Error(), one.message) {
			t.Errorf("%s: %v", name, err)
		}
		if n.state() != before {
			t.Errorf("%s: it changed something", name)
		}
	}
}

func TestAFaultAtEveryChange(t *testing.T) {
	for name, prepare := range map[string]func(n *node){
		"a new node": func(*node) {},
		"an earlier version": func(n *node) {
			n.put(host.Gatehouse+"/node.conf", "MESH='shop'\nNODE='worker1'\n")
			n.put(host.Gatehouse+"/lib/lib.sh", "# old")
			n.put(host.MeshFile, "old /opt/gatehouse/lib")
			n.put(host.NodeEnv, "old")
			n.put(host.UnitDir+"/gatehouse-drain.service", "ExecStart=/opt/gatehouse/lib/machine-drain.sh off\n")
			testkit.Must(t, n.units.DaemonReload(context.Background()))
			testkit.Must(t, n.units.Enable(context.Background(), "gatehouse-drain.service"))
			testkit.Must(t, n.units.DaemonReload(context.Background()))
			testkit.Must(t, n.units.Start(context.Background(), "gatehouse-drain.service"))
		},
	} {
		for failing := 1; ; failing++ {
			n := newNode(t)
			prepare(n)
			before, at, count := n.state(), "", 0
			fault := func(change string) error {
				if count++; count != failing {
					return nil
				}
				at = change
				return errors.New("a fault")
			}
			n.h.Fault, n.units.Fault = fault, fault
			err := n.run(workerDocument())
			if failing > count {
				testkit.Must(t, err)
				break
			}
			// Leftovers of an earlier version are removed once the node is ready.
			if strings.HasPrefix(at, "remove ") {
				continue
			}
			if err == nil || n.state() != before {
				t.Errorf("%s, %s: %v, before\n%s\nafter\n%s", name, at, err, before, n.state())
			}
		}
	}
}

func TestADrainUnitThatDoesNotStart(t *testing.T) {
	n := newNode(t)
	before := n.state()
	n.units.OnStart = func(string) error { return errors.New("exit-code") }
	err := n.run(workerDocument())
	if err == nil || !strings.HasSuffix(err.Error(), "what had been changed was put back") || n.state() != before {
		t.Errorf("%v\n%s", err, n.state())
	}
}

func TestAnotherProgramNamedMeshStays(t *testing.T) {
	n := newNode(t)
	n.put(host.MeshFile, "another program")
	testkit.Must(t, n.run(workerDocument()))
	if got := n.read(host.MeshFile); got != "another program" {
		t.Errorf("it was replaced: %s", got)
	}
	testkit.Contains(t, n.out.String(), "/usr/local/bin/mesh stays: it is another program; the command mesh is here: /opt/gatehouse/bin/gatehouse-node mesh")
}

func TestTheCopiesOfAKilledRunAreRemoved(t *testing.T) {
	n := newNode(t)
	testkit.Must(t, n.run(workerDocument()))
	for _, path := range []string{host.MeshFile, host.RecordFile("shop"), host.NodeEnv, host.UnitDir + "/gatehouse-drain.service"} {
		n.put(undo.Kept(path), "of a killed run")
	}
	testkit.Must(t, n.run(workerDocument()))
	if state := n.state(); strings.Contains(state, "of a killed run") {
		t.Error(state)
	}
}

func TestAnAgentsTokenStaysWhereItIs(t *testing.T) {
	n := newNode(t)
	n.put(host.NodeFile, `{"mesh": "shop", "node": "worker1", "role": "worker", "tls": true}`)
	n.put("/opt/gatehouse/agent.json", `{"mesh": "shop"}`)
	n.put(consul.NodeToken, "one\n")
	testkit.Must(t, n.run(workerDocument()))
	if consul.TokenFor(n.h, "other") != "one" {
		t.Error(n.state())
	}
}
