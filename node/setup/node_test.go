package setup_test

import (
	"bytes"
	"context"
	"fmt"
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
	"gatehouse/node/testkit"
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
	n.h = &host.Host{Root: testkit.Folder(t), Out: n.out, Unowned: true, LockTimeout: time.Second}
	for _, folder := range []string{host.UnitDir, "/opt", "/usr/local/bin", "/run"} {
		testkit.Must(t, os.MkdirAll(n.h.Path(folder), 0o755))
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
	testkit.Must(t, err)
	n.tools = setup.Tools{
		LookPath:     func(program string) (string, error) { return "/usr/bin/" + program, nil },
		EnvoyVersion: func(context.Context) (string, error) { return envoyVersion, nil },
		Login:        "root",
		Patience:     20 * time.Millisecond,
		Poll:         2 * time.Millisecond,
	}
	return n
}

func (n *node) put(path, content string) {
	n.t.Helper()
	testkit.Put(n.t, n.h.Root, path, content)
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
	n.t.Helper()
	tree := testkit.Tree(n.t, n.h.Root, func(path string) bool { return strings.HasPrefix(path, host.Locks) })
	return tree + "\n" + n.units.State()
}

func workerDocument() document.Setup {
	return document.Setup{
		Owner:       document.Owner{Mesh: "shop", Node: "worker1"},
		Role:        document.Worker,
		TLS:         true,
		MeshCommand: document.File{Path: host.MeshFile, Mode: "0755", Content: "#!/bin/sh\nexec /opt/gatehouse/bin/gatehouse-node mesh\n"},
		DrainUnit:   &document.File{Path: host.UnitDir + "/gatehouse-drain.service", Mode: "0644", Content: "[Unit]\n"},
		FenceUnit:   &document.File{Path: host.UnitDir + "/gatehouse-fence.service", Mode: "0644", Content: "[Unit]\n"},
	}
}

func (n *node) modes() string {
	var modes []string
	for _, path := range []string{
		host.Gatehouse, host.Instances, host.Binaries, host.EnvDir, host.Incoming, instance.Incoming("shop"), host.MeshFile, host.RecordFile("shop"), host.NodeEnv,
		host.UnitDir + "/gatehouse-drain.service", host.UnitDir + "/gatehouse-fence.service",
	} {
		if info, err := os.Stat(n.h.Path(path)); err == nil {
			modes = append(modes, fmt.Sprintf("%o %s", info.Mode().Perm(), filepath.Base(path)))
		}
	}
	return strings.Join(modes, ", ")
}
