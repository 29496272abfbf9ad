package bootstrap_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"gatehouse/node/bootstrap"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

var fence = document.Fence{Envoy: "gatehouse-web_sidecar", AdminPort: 19001}

// newMaker on a node with an agent that answers `consul connect envoy` with the results, one after another.
func newMaker(t *testing.T, results ...error) (maker bootstrap.Maker, asked *[]string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	testkit.Must(t, err)
	t.Cleanup(func() { listener.Close() })
	asked = &[]string{}
	return bootstrap.Maker{
		Host: &host.Host{Root: testkit.Folder(t), Unowned: true},
		UID:  func(name string) (uint32, bool) { return 61234, name == fence.Envoy },
		Ask: func(_ context.Context, args ...string) ([]byte, error) {
			*asked = append(*asked, strings.Join(args, " "))
			err := results[min(len(*asked), len(results))-1]
			return []byte(`{"admin": {}}`), err
		},
		Agent: listener.Addr().String(), Patience: 20 * time.Millisecond, Poll: time.Millisecond,
	}, asked
}

func TestTheBootstrapIsForOneReader(t *testing.T) {
	maker, asked := newMaker(t, nil)
	testkit.Must(t, maker.Make(context.Background(), "web", fence, "-sidecar-for", "web"))
	text, err := maker.Host.Read(bootstrap.Path("web"))
	if err != nil || string(text) != `{"admin": {}}` {
		t.Errorf("%s %v", text, err)
	}
	info, err := os.Stat(maker.Host.Path(bootstrap.Path("web")))
	testkit.Must(t, err)
	folder, err := os.Stat(maker.Host.Path(host.Bootstraps))
	testkit.Must(t, err)
	if info.Mode().Perm() != 0o400 || folder.Mode().Perm() != 0o711 {
		t.Errorf("%s %s", info.Mode(), folder.Mode())
	}
	if len(*asked) != 1 || !strings.HasPrefix((*asked)[0], "-http-addr unix://") || !strings.HasSuffix((*asked)[0], "/agent -sidecar-for web") {
		t.Errorf("%q", *asked)
	}
	if left := maker.Host.List(host.Locks); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestAnAgentThatDoesNotKnowTheInstanceYetIsAskedAgain(t *testing.T) {
	unknown := errors.New("no service web")
	maker, asked := newMaker(t, unknown, unknown, nil)
	testkit.Must(t, maker.Make(context.Background(), "web", fence))
	if len(*asked) != 3 {
		t.Errorf("%q", *asked)
	}
	maker, _ = newMaker(t, unknown)
	testkit.Refused(t, maker.Make(context.Background(), "web", fence), "no service web")
	if maker.Host.Exists(bootstrap.Path("web")) {
		t.Error("there is a bootstrap")
	}
}

func TestRefusals(t *testing.T) {
	maker, asked := newMaker(t, nil)
	maker.Agent = "127.0.0.1:1" // nothing listens
	testkit.Refused(t, maker.Make(context.Background(), "web", fence), "connection refused")
	other := fence
	other.Envoy = "gatehouse-api_sidecar"
	testkit.Refused(t, maker.Make(context.Background(), "web", other), "gatehouse-api_sidecar", "does not exist")
	if len(*asked) > 0 {
		t.Errorf("%q", *asked)
	}
}
