package setup_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/node/consul/consultest"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

// A locked Consul that was set up by hand: static certificates of its own authority, and nothing without a token.
func TestAnExistingAgentWithStaticCertificates(t *testing.T) {
	program, err := consultest.Find()
	if errors.Is(err, consultest.ErrNotFound) {
		t.Skip(err)
	}
	n := newNode(t)
	testkit.Must(t, n.h.Remove("/etc/consul.d/tls/xds-ca.pem"))
	certificates := t.TempDir()
	for _, what := range [][]string{{"ca", "create"}, {"cert", "create", "-server"}} {
		command := exec.Command(program, append([]string{"tls"}, what...)...)
		command.Dir = certificates
		testkit.Must(t, command.Run())
	}
	port := freePort(t)
	agent, err := consultest.Start(consultest.ACLs+fmt.Sprintf(`
tls {
  defaults {
    ca_file         = "%[1]s/consul-agent-ca.pem"
    cert_file       = "%[1]s/dc1-server-consul-0.pem"
    key_file        = "%[1]s/dc1-server-consul-0-key.pem"
    verify_incoming = true
    verify_outgoing = true
  }
  grpc { verify_incoming = false }
}`, certificates), fmt.Sprintf("-grpc-tls-port=%d", port))
	testkit.Must(t, err)
	defer agent.Stop()
	token, err := agent.Token(`agent_prefix "" { policy = "read" }`)
	testkit.Must(t, err)
	n.agent, err = agent.Connect(token)
	testkit.Must(t, err)

	before := n.state()
	err = n.run(workerDocument())
	if err == nil || !strings.Contains(err.Error(), "shows Envoy on 127.0.0.1:"+fmt.Sprint(port)+" a certificate that is not valid by any authority") {
		t.Fatalf("without the authority on the node: %v", err)
	}
	if !strings.Contains(err.Error(), "server.dc1.consul localhost 127.0.0.1") || n.state() != before {
		t.Errorf("%v\n%s", err, n.state())
	}

	ca, err := os.ReadFile(filepath.Join(certificates, "consul-agent-ca.pem"))
	testkit.Must(t, err)
	n.put(certificates+"/consul-agent-ca.pem", string(ca))
	testkit.Must(t, n.run(workerDocument()))
	if got := n.read("/opt/gatehouse/xds-ca.pem"); got != string(ca) {
		t.Errorf("authority: %s", got)
	}
	want := fmt.Sprintf(" -grpc-addr https://127.0.0.1:%d -grpc-ca-file /opt/gatehouse/xds-ca.pem\n", port)
	if got := n.read(host.NodeEnv); !strings.HasSuffix(got, want) {
		t.Errorf("node.env: %s", got)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	testkit.Must(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
