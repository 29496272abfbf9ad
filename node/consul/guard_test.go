package consul

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"gatehouse/node/testkit"
)

// as a user, whose the sockets are that do opens.
func as(t *testing.T, uid int, do func()) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: another user's socket needs root")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	testkit.Must(t, unix.Setfsuid(uid))
	do()
	testkit.Must(t, unix.Setfsuid(0))
}

func listenAs(t *testing.T, uid int) (listener net.Listener) {
	t.Helper()
	as(t, uid, func() {
		var err error
		listener, err = net.Listen("tcp4", "127.0.0.1:0")
		testkit.Must(t, err)
	})
	t.Cleanup(func() { listener.Close() })
	return listener
}

func trustsRoot(uid uint32) bool { return uid == 0 }

func TestAProgramOfAnotherUserIsNotTheAgent(t *testing.T) {
	for name, prepare := range map[string]func(listener net.Listener){
		"it has not accepted yet": func(net.Listener) {},
		"it has accepted, and the agent has the port again": func(listener net.Listener) {
			as(t, 61234, func() {
				accepted, err := listener.Accept()
				testkit.Must(t, err)
				t.Cleanup(func() { accepted.Close() })
			})
			listener.Close()
			again, err := net.Listen("tcp4", listener.Addr().String())
			testkit.Must(t, err)
			t.Cleanup(func() { again.Close() })
		},
	} {
		listener := listenAs(t, 61234)
		connection, err := net.Dial("tcp4", listener.Addr().String())
		testkit.Must(t, err)
		defer connection.Close()
		prepare(listener)
		if err := checkHolder(connection, trustsRoot); err == nil {
			t.Error(name)
		} else {
			testkit.Refused(t, err, listener.Addr().String(), "61234", "no token was sent")
		}
	}
}

func TestRootsProgramIsTheAgent(t *testing.T) {
	listener := listenAs(t, 0)
	connection, err := Dial(context.Background(), "tcp4", listener.Addr().String())
	testkit.Must(t, err)
	defer connection.Close()
	other, err := listener.Accept()
	testkit.Must(t, err)
	defer other.Close()
	testkit.Must(t, checkHolder(connection, trustsRoot))
}

func TestAClientSendsAStrangerNothing(t *testing.T) {
	listener := listenAs(t, noUser)
	heard := make(chan []byte, 1)
	go func() {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		text, _ := io.ReadAll(connection)
		heard <- text
	}()
	client, err := New(listener.Addr().String(), "the token")
	testkit.Must(t, err)
	_, err = client.Self(context.Background())
	testkit.Refused(t, err, "is not Consul's agent, so no token was sent")
	if text := <-heard; len(text) > 0 {
		t.Errorf("it heard %q", text)
	}
}

func TestARelayHandsOnToTheAgent(t *testing.T) {
	listener := listenAs(t, 0)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "to "+r.Header.Get("X-Consul-Token"))
	})}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	ctx, end := context.WithCancel(context.Background())
	defer end()
	folder := testkit.Folder(t)
	address, err := Relay(ctx, folder, listener.Addr().String())
	testkit.Must(t, err)
	path, isUnix := strings.CutPrefix(address, "unix://")
	if !isUnix || filepath.Dir(path) != folder {
		t.Error(address)
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://agent/", nil)
	request.Header.Set("X-Consul-Token", "one")
	answer, err := client.Do(request)
	testkit.Must(t, err)
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); string(text) != "to one" {
		t.Errorf("%q", text)
	}
}

func TestUsersThatTheAgentMayHave(t *testing.T) {
	// Here no agent is Gatehouse's: whose user it has is not known.
	for uid, want := range map[uint32]bool{0: true, 100: true, 1001: true, firstDynamic: false, lastDynamic: false, noUser: false} {
		if trustsAgent(uid) != want {
			t.Errorf("%d", uid)
		}
	}
}
