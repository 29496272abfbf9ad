package instance

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/script"
)

func TestAskUsesMethodHeaderAndTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead || r.Host != "shop.test" || r.Header.Get("X-Key") != "a" {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer server.Close()
	health := document.Health{
		URL: server.URL, Method: "HEAD", Header: map[string][]string{"Host": {"shop.test"}, "X-Key": {"a"}}, TLS: true, TimeoutSeconds: 5,
	}
	if answer, err := new(Node).ask(t.Context(), health); err != nil || answer != "status 200" {
		t.Errorf("%q, %v", answer, err)
	}
}

// grpcServer answers health checks with a status for the whole server, and knows no service.
func grpcServer(t *testing.T, status byte) document.Health {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Trailer", "Grpc-Status")
		if r.URL.Path != "/grpc.health.v1.Health/Check" || r.ProtoMajor != 2 || r.Header.Get("Content-Type") != "application/grpc" {
			w.WriteHeader(http.StatusNotFound)
		}
		if string(body) != "\x00\x00\x00\x00\x00" {
			if string(body) != "\x00\x00\x00\x00\x06\x0a\x04cart" {
				t.Errorf("asked %q", body)
			}
			w.Header().Set("Grpc-Status", "5")
			return
		}
		_, _ = w.Write([]byte{0, 0, 0, 0, 2, 8, status})
		w.Header().Set("Grpc-Status", "0")
	}))
	server.Config.Protocols = &http.Protocols{}
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return document.Health{GRPC: &document.GRPCHealth{Server: strings.TrimPrefix(server.URL, "http://")}, TimeoutSeconds: 5}
}

func TestAskSpeaksTheHealthProtocolOfGRPC(t *testing.T) {
	for status, want := range map[byte]string{0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING"} {
		answer, err := new(Node).ask(t.Context(), grpcServer(t, status))
		if answer != want || (err == nil) != (status == 1) {
			t.Errorf("%q, %v instead of %s", answer, err, want)
		}
	}
	health := grpcServer(t, 1)
	health.GRPC.Service = "cart"
	if answer, err := new(Node).ask(t.Context(), health); err == nil || !strings.Contains(answer, `grpc-status "5"`) {
		t.Errorf("%q, %v", answer, err)
	}
}

func TestAskHasTheSandboxRunTheScript(t *testing.T) {
	root := t.TempDir()
	n := &Node{Host: &host.Host{Root: root}}
	for text, want := range map[string]string{
		"echo fine":           `exit status 0, "fine"`,
		"echo bad >&2; false": `exit status 1, "bad"`,
	} {
		listener, err := net.Listen("unix", filepath.Join(root, "web"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = script.Serve(ctx, listener, []string{"/bin/sh", "-c", text}) }()
		answer, err := n.ask(ctx, document.Health{Script: []string{"check"}, Socket: "/web", TimeoutSeconds: 5})
		if answer != want || (err == nil) != strings.HasPrefix(want, "exit status 0") {
			t.Errorf("%q, %v instead of %q", answer, err, want)
		}
		cancel()
		listener.Close()
	}
	if _, err := n.ask(t.Context(), document.Health{Script: []string{"check"}, Socket: "/web", TimeoutSeconds: 5}); err == nil {
		t.Error("a service without its sandbox is healthy")
	}
}

func TestAskLeavesTheScriptOfAnEarlierVersionToTheAgent(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	n := &Node{Host: &host.Host{}}
	answer, err := n.ask(t.Context(), document.Health{Script: []string{"/bin/touch", mark}, TimeoutSeconds: 5})
	if _, ran := os.Stat(mark); answer != "" || err != nil || ran == nil {
		t.Errorf("%q, %v, %v", answer, err, ran)
	}
}

func TestAskConnectsToAnotherPort(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	health := document.Health{TCP: server.Listener.Addr().String(), TimeoutSeconds: 1}
	if _, err := new(Node).ask(t.Context(), health); err != nil {
		t.Error(err)
	}
	server.Close()
	if _, err := new(Node).ask(t.Context(), health); err == nil {
		t.Error("a closed port is healthy")
	}
}

func TestPatienceIsTheDeclaredOne(t *testing.T) {
	n := &Node{Timing: Usual()}
	if found := n.patience(document.Instance{}); found != time.Minute {
		t.Error(found)
	}
	if found := n.patience(document.Instance{Health: document.Health{StartSeconds: 180}}); found != 3*time.Minute {
		t.Error(found)
	}
}
