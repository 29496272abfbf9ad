package agent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"gatehouse/node/agent"
	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/mark"
	"gatehouse/node/secrets"
	"gatehouse/node/systemd/fake"
	"gatehouse/node/testkit"
)

// node that the tests work on.
type node struct {
	t     *testing.T
	h     *host.Host
	out   *bytes.Buffer
	units *fake.Manager
	tools agent.Tools
	users map[string]bool
	// leader that the agent sees; "" is none.
	leader string
	// token that Consul knows.
	token  string
	leaves bool
	// freed are the calls to free ports: whether the node had an agent of Gatehouse's then.
	freed []bool
	// fault is called at every change of any sort.
	fault func(change string) error
}

func newNode(t *testing.T) *node {
	n := &node{t: t, out: &bytes.Buffer{}, users: map[string]bool{}, leader: "10.0.0.1:8300", token: "management"}
	n.h = &host.Host{Root: testkit.Folder(t), Out: n.out, Unowned: true, LockTimeout: time.Second}
	for _, folder := range []string{host.UnitDir, "/opt", "/etc", "/var/backups", "/run"} {
		if err := os.MkdirAll(n.h.Path(folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	n.units = fake.New()
	n.units.Folder = n.h.Path(host.UnitDir)
	n.units.Journals = map[string]string{"consul.service": "the journal\n"}
	n.h.Fault = func(change string) error { return n.ask(change) }
	n.units.Fault = func(change string) error { return n.ask(change) }
	server := httptest.NewServer(http.HandlerFunc(n.serve))
	t.Cleanup(server.Close)
	n.tools = agent.Tools{
		Connect: func(token string) (agent.Client, error) {
			return consul.New(strings.TrimPrefix(server.URL, "http://"), token)
		},
		Validate: func(_ context.Context, file string) error {
			text, err := os.ReadFile(file)
			if err == nil && strings.Contains(string(text), "nonsense") {
				err = errors.New("Consul refuses the agent's configuration; nothing was changed")
			}
			return err
		},
		XDSCertificate: func(context.Context, string) (agent.Certificate, error) {
			return agent.Certificate{CA: []byte("xds ca\n"), Certificate: []byte("xds\n"), Key: []byte("xds key\n")}, nil
		},
		Users: n,
		FreePorts: func() error {
			n.freed = append(n.freed, n.h.Exists(host.AgentRecord))
			return n.ask("free the ports")
		},
		Patience: 20 * time.Millisecond,
		Poll:     2 * time.Millisecond,
	}
	return n
}

func (n *node) ask(change string) error {
	if n.fault == nil {
		return nil
	}
	return n.fault(change)
}

// serve the agent's answers while its unit is active.
func (n *node) serve(w http.ResponseWriter, r *http.Request) {
	unit, _ := n.units.Unit(context.Background(), "consul.service")
	switch {
	case !unit.Active():
		w.WriteHeader(http.StatusBadGateway)
	case r.URL.Path == "/v1/status/leader":
		_ = json.NewEncoder(w).Encode(n.leader)
	case r.URL.Path == "/v1/agent/leave":
		n.leaves = true
	case r.Header.Get("X-Consul-Token") != n.token:
		w.WriteHeader(http.StatusForbidden)
	default:
		fmt.Fprint(w, "{}")
	}
}

// Exists implements agent.Users.
func (n *node) Exists(name string) bool { return n.users[name] }

// Add implements agent.Users.
func (n *node) Add(_ context.Context, name, _ string) error {
	if err := n.ask("useradd " + name); err != nil {
		return err
	}
	n.users[name] = true
	return nil
}

// Remove implements agent.Users.
func (n *node) Remove(_ context.Context, name string) error {
	if err := n.ask("userdel " + name); err != nil {
		return err
	}
	delete(n.users, name)
	return nil
}

func (n *node) put(path, content string, mode os.FileMode) {
	n.t.Helper()
	testkit.Put(n.t, n.h.Root, path, content)
	testkit.Must(n.t, os.Chmod(n.h.Path(path), mode))
}

func (n *node) read(path string) string {
	text, _ := n.h.Read(path)
	return string(text)
}

// arrive puts secrets where Terraform does.
func (n *node) arrive(name string, values map[string]string) { n.arriveFor("shop", name, values) }

func (n *node) arriveFor(mesh, name string, values map[string]string) {
	n.t.Helper()
	text, err := json.Marshal(values)
	if err != nil {
		n.t.Fatal(err)
	}
	n.put(secrets.Arriving(mesh)+"/"+name+".json", string(text), 0o600)
}

func (n *node) setup(doc document.Agent) error {
	return agent.Setup(context.Background(), n.h, n.units, n.tools, doc)
}

// state is all that a run may change, as text.
func (n *node) state() string {
	n.t.Helper()
	tree := testkit.Tree(n.t, n.h.Root, func(path string) bool {
		for _, passing := range []string{host.Locks, host.Backups, host.Arriving} {
			if path == passing || strings.HasPrefix(path, passing+"/") {
				return true
			}
		}
		// The folder for a step's secrets stays after they were taken.
		return path == host.Secrets || path == host.Gatehouse
	})
	users, _ := json.Marshal(n.users)
	return strings.Join([]string{tree, n.units.State(), string(users)}, "\n")
}

const configuration = "/etc/consul.d/consul.hcl"

// written begins the files of a document.
const written = mark.Written + ".\n"

// workerDocument is the document of a locked mesh.
func workerDocument() document.Agent {
	return document.Agent{
		Owner:         document.Owner{Mesh: "shop", Node: "worker1"},
		Role:          document.Worker,
		ACL:           true,
		TLS:           true,
		Secrets:       true,
		Configuration: document.File{Path: configuration, Mode: "0644", Content: written + "datacenter = \"dc1\"\n"},
		Unit:          document.File{Path: host.UnitDir + "/consul.service", Mode: "0644", Content: written + "[Service]\n"},
	}
}

func serverDocument() document.Agent {
	doc := workerDocument()
	doc.Node, doc.Role, doc.Last = "server1", document.Server, true
	return doc
}

func workerSecrets() map[string]string {
	return map[string]string{"gossipKey": "gossip", "ca": "authority\n", "agentToken": "token"}
}

func serverSecrets() map[string]string {
	return map[string]string{
		"gossipKey": "gossip", "ca": "authority\n", "cert": "certificate\n", "key": "private\n", "managementToken": "management",
	}
}
