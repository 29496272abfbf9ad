package setup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/setup"
	"gatehouse/node/systemd/fake"
	"gatehouse/node/undo"
)

const envoyVersion = "envoy  version: 5c1f1.36.4/1.36.4/Clean/RELEASE/BoringSSL\n"

type node struct {
	t     *testing.T
	h     *host.Host
	out   *bytes.Buffer
	units *fake.Manager
	agent *consul.Client
	tools setup.Tools
	// pages of the agent.
	pages map[string]string
}

func newNode(t *testing.T) *node {
	n := &node{t: t, out: &bytes.Buffer{}, pages: map[string]string{
		"/v1/agent/self":             `{"Config": {"NodeName": "worker1"}, "xDS": {"SupportedProxies": {"envoy": ["1.36.4", "1.35.9"]}}}`,
		"/v1/agent/connect/ca/roots": `{"Roots": [{"RootCert": "one\n"}, {"RootCert": "two\n"}]}`,
	}}
	n.h = &host.Host{Root: t.TempDir(), Out: n.out, Unowned: true, LockTimeout: time.Second}
	for _, folder := range []string{host.UnitDir, "/opt", "/usr/local/bin", "/run"} {
		must(t, os.MkdirAll(n.h.Path(folder), 0o755))
	}
	n.put("/etc/consul.d/tls/xds-ca.pem", "xds") // the agent is Gatehouse's
	n.units = fake.New()
	n.units.Folder = n.h.Path(host.UnitDir)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, there := n.pages[r.URL.Path]
		if !there {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, page)
	}))
	t.Cleanup(server.Close)
	var err error
	n.agent, err = consul.New(strings.TrimPrefix(server.URL, "http://"), "")
	must(t, err)
	n.tools = setup.Tools{
		LookPath:     func(program string) (string, error) { return "/usr/bin/" + program, nil },
		EnvoyVersion: func(context.Context) (string, error) { return envoyVersion, nil },
		Login:        "root",
		Patience:     20 * time.Millisecond,
		Poll:         2 * time.Millisecond,
	}
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (n *node) put(path, content string) {
	n.t.Helper()
	must(n.t, os.MkdirAll(filepath.Dir(n.h.Path(path)), 0o755))
	must(n.t, os.WriteFile(n.h.Path(path), []byte(content), 0o644))
}

func (n *node) read(path string) string {
	text, _ := n.h.Read(path)
	return string(text)
}

func (n *node) run(doc document.Setup) error {
	return setup.Run(context.Background(), n.h, n.units, n.agent, n.tools, doc)
}

// state is all that a run may change, as text.
func (n *node) state() string {
	var lines []string
	must(n.t, filepath.WalkDir(n.h.Root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, n.h.Root)
		if strings.HasPrefix(name, host.Locks) {
			return nil
		}
		info, err := entry.Info()
		text, _ := os.ReadFile(path)
		lines = append(lines, fmt.Sprintf("%s %s %s", name, info.Mode(), text))
		return err
	}))
	return strings.Join(append(lines, n.units.State()), "\n")
}

func workerDocument() document.Setup {
	return document.Setup{
		Owner:       document.Owner{Mesh: "shop", Node: "worker1"},
		Role:        document.Worker,
		TLS:         true,
		MeshCommand: document.File{Path: host.MeshFile, Mode: "0755", Content: "#!/bin/sh\nexec /opt/gatehouse/bin/gatehouse-node mesh\n"},
		DrainUnit:   &document.File{Path: host.UnitDir + "/gatehouse-drain.service", Mode: "0644", Content: "[Unit]\n"},
	}
}

func (n *node) modes() string {
	var modes []string
	for _, path := range []string{
		host.Gatehouse, host.Instances, host.Binaries, host.EnvDir, host.Incoming, instance.Incoming("shop"), host.MeshFile, host.RecordFile("shop"), host.NodeEnv,
		host.UnitDir + "/gatehouse-drain.service",
	} {
		if info, err := os.Stat(n.h.Path(path)); err == nil {
			modes = append(modes, fmt.Sprintf("%o %s", info.Mode().Perm(), filepath.Base(path)))
		}
	}
	return strings.Join(modes, ", ")
}

func TestWorker(t *testing.T) {
	n := newNode(t)
	must(t, n.run(workerDocument()))
	if got := n.modes(); got != "755 gatehouse, 755 instances, 755 binaries, 700 env, 755 incoming, 700 shop, 755 mesh, 644 shop.json, 644 node.env, 644 gatehouse-drain.service" {
		t.Errorf("modes: %s", got)
	}
	if got := n.read(host.NodeEnv); got != "GATEHOUSE_ENVOY_FLAGS= -grpc-addr https://127.0.0.1:8503 -grpc-ca-file /etc/consul.d/tls/xds-ca.pem\n" {
		t.Errorf("node.env: %s", got)
	}
	if n.units.State() != "gatehouse-drain.service active enabled" {
		t.Errorf("units: %s", n.units.State())
	}
	record, err := n.h.Record("shop")
	if err != nil || record != (host.NodeRecord{Owner: document.Owner{Mesh: "shop", Node: "worker1"}, Role: "worker", TLS: true}) {
		t.Errorf("record: %+v %v", record, err)
	}
	if got := n.out.String(); got != "gatehouse: worker1 is ready\n" {
		t.Errorf("output: %s", got)
	}
	// The same again changes nothing and asks systemd for nothing.
	before := n.state()
	n.units.Forget()
	must(t, n.run(workerDocument()))
	if n.state() != before || len(n.units.Calls()) > 0 {
		t.Errorf("calls: %v\n%s", n.units.Calls(), n.state())
	}
}

func TestServer(t *testing.T) {
	n := newNode(t)
	doc := workerDocument()
	doc.Node, doc.Role, doc.DrainUnit = "server1", document.Server, nil
	n.tools.LookPath = func(program string) (string, error) {
		if program == "envoy" {
			return "", errors.New("no envoy")
		}
		return program, nil
	}
	must(t, n.run(doc))
	if n.h.Exists(host.NodeEnv) || n.units.State() != "" {
		t.Errorf("a server carries no workload: %s", n.units.State())
	}
}

func TestEnvoyFlags(t *testing.T) {
	n := newNode(t)
	doc := workerDocument()
	must(t, n.h.Remove("/etc/consul.d/tls/xds-ca.pem"))
	n.put("/opt/gatehouse/agent.json", `{"mesh": "shop"}`)
	doc.TLS = false
	must(t, n.run(doc))
	if got := n.read(host.NodeEnv); got != "GATEHOUSE_ENVOY_FLAGS=\n" {
		t.Errorf("node.env: %s", got)
	}
	n.pages["/v1/agent/self"] = `{"xDS": {"SupportedProxies": {"envoy": ["1.35.9"]}, "Ports": {"TLS": -1, "Plaintext": 8502}}}`
	doc.TLS = true
	must(t, n.run(doc)) // the agent is foreign
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
		"an agent without gRPC": {func(n *node) {
			must(t, n.h.Remove("/etc/consul.d/tls/xds-ca.pem"))
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
			must(t, n.units.DaemonReload(context.Background()))
			must(t, n.units.Enable(context.Background(), "gatehouse-drain.service"))
			must(t, n.units.DaemonReload(context.Background()))
			must(t, n.units.Start(context.Background(), "gatehouse-drain.service"))
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
				must(t, err)
				break
			}
			// What an earlier version left is removed when the node is ready.
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

func TestWhatAnEarlierVersionLeft(t *testing.T) {
	for name, one := range map[string]struct {
		unit string
		kept bool
	}{
		"an installed unit":       {host.UnitDir + "/edge.service", true},
		"a release to go back to": {host.Instances + "/edge/releases/0123456789ab/systemd/edge.service", true},
		"a file that is no unit":  {host.UnitDir + "/edge.txt", false},
	} {
		n := newNode(t)
		n.put(host.Gatehouse+"/node.conf", "MESH='shop'\nNODE='worker1'\n")
		n.put(host.Gatehouse+"/lib/drain-gateway.sh", "# old")
		n.put(one.unit, "ExecStop=/opt/gatehouse/lib/drain-gateway.sh edge 19001\n")
		must(t, n.run(workerDocument()))
		if kept := n.h.Exists(host.Gatehouse + "/lib/drain-gateway.sh"); kept != one.kept || n.h.Exists(host.Gatehouse+"/node.conf") != kept {
			t.Errorf("%s: kept %t", name, kept)
		}
		must(t, n.h.Remove(one.unit))
		must(t, n.run(workerDocument()))
		if n.h.Exists(host.Gatehouse+"/lib") || n.h.Exists(host.Gatehouse+"/node.conf") {
			t.Errorf("%s: something is left", name)
		}
	}
}

func TestOfAnotherProgramThatIsNamedMeshACopyIsKept(t *testing.T) {
	n := newNode(t)
	n.put(host.MeshFile, "another program")
	must(t, n.run(workerDocument()))
	copies, _ := filepath.Glob(n.h.Path(host.Backups) + "/*" + host.MeshFile)
	if len(copies) != 1 {
		t.Fatalf("copies: %q", copies)
	}
	must(t, n.run(workerDocument())) // its own it only replaces
	if again, _ := filepath.Glob(n.h.Path(host.Backups) + "/*" + host.MeshFile); len(again) != 1 {
		t.Errorf("copies: %q", again)
	}
}

func TestWhatARunThatWasKilledKeptIsGone(t *testing.T) {
	n := newNode(t)
	must(t, n.run(workerDocument()))
	for _, path := range []string{host.MeshFile, host.RecordFile("shop"), host.NodeEnv, host.UnitDir + "/gatehouse-drain.service"} {
		n.put(undo.Kept(path), "of a run that was killed")
	}
	must(t, n.run(workerDocument()))
	if state := n.state(); strings.Contains(state, "of a run that was killed") {
		t.Error(state)
	}
}

func TestTheRecordOfAnEarlierVersionIsReplaced(t *testing.T) {
	n := newNode(t)
	n.put(host.NodeFile, `{"mesh": "shop", "node": "worker1", "role": "worker", "tls": true}`)
	n.put(consul.NodeToken, "one\n")
	must(t, n.run(workerDocument()))
	if n.h.Exists(host.NodeFile) || !n.h.Exists(host.RecordFile("shop")) {
		t.Error(n.state())
	}
	// The token of a mesh for which Consul was there before has a name of its own now.
	if n.h.Exists(consul.NodeToken) || consul.TokenFor(n.h, "shop") != "one" || consul.TokenFor(n.h, "") != "one" || consul.TokenFor(n.h, "other") != "" {
		t.Error(n.state())
	}
}

func TestAnAgentsTokenStaysWhereItIs(t *testing.T) {
	n := newNode(t)
	n.put(host.NodeFile, `{"mesh": "shop", "node": "worker1", "role": "worker", "tls": true}`)
	n.put("/opt/gatehouse/agent.json", `{"mesh": "shop"}`)
	n.put(consul.NodeToken, "one\n")
	must(t, n.run(workerDocument()))
	if consul.TokenFor(n.h, "other") != "one" {
		t.Error(n.state())
	}
}

func TestAnEarlierVersionRefusesANodeWithTwoMeshes(t *testing.T) {
	n := newNode(t)
	must(t, n.run(workerDocument()))
	doc := workerDocument()
	doc.Mesh = "stock"
	must(t, n.run(doc))
	if got := n.read(host.NodeFile); !strings.Contains(got, "a newer Gatehouse has to deploy here") {
		t.Errorf("node.json: %s", got)
	}
	before := n.state()
	n.units.Forget()
	must(t, n.run(workerDocument()))
	if n.state() != before || len(n.units.Calls()) > 0 {
		t.Errorf("calls: %v\n%s", n.units.Calls(), n.state())
	}
}
