package setup_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/secrets"
	"gatehouse/node/setup"
	"gatehouse/node/testkit"
	"gatehouse/node/undo"
)

var shop = document.Owner{Mesh: "shop", Node: "worker1"}

func TestIncoming(t *testing.T) {
	n := newNode(t)
	var asked string
	later := func(_ context.Context, delay time.Duration, words ...string) error {
		asked = fmt.Sprint(delay, words)
		return nil
	}
	run := func() error {
		return setup.Incoming(context.Background(), n.h, "root", later, document.Incoming{Owner: shop})
	}
	n.put("/opt/gatehouse/incoming-secrets/shop/handover.json", "{}")
	testkit.Must(t, run())
	if asked != "10m0s [secrets forget]" {
		t.Errorf("systemd was asked for %q", asked)
	}
	if n.h.Exists("/opt/gatehouse/incoming-secrets") {
		t.Error("the folder of an earlier version, which is on the disk, is still there")
	}
	info, err := os.Stat(n.h.Path(secrets.Arriving("shop")))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("%v %v", info, err)
	}
	n.put(secrets.Arriving("shop")+"/new.json", "{}")
	n.put(secrets.Arriving("shop")+"/old.json", "{}")
	n.put("/etc/old", "{}")
	testkit.Must(t, os.Symlink(n.h.Path("/etc/old"), n.h.Path(secrets.Arriving("shop")+"/link.json")))
	before := time.Now().Add(-6 * time.Minute)
	testkit.Must(t, os.Chtimes(n.h.Path(secrets.Arriving("shop")+"/old.json"), before, before))
	testkit.Must(t, os.Chtimes(n.h.Path("/etc/old"), before, before))
	testkit.Must(t, run())
	if got := strings.Join(n.h.List(secrets.Arriving("shop")), " "); got != "link.json new.json" || !n.h.Exists("/etc/old") {
		t.Errorf("left: %s", got)
	}
	// The agent may belong to another mesh; a node that an earlier version gave to one is refused.
	n.put("/opt/gatehouse/agent.json", `{"mesh": "other"}`)
	testkit.Must(t, run())
	n.put(host.NodeFile, `{"mesh": "other"}`)
	if err := run(); err == nil || !strings.Contains(err.Error(), "belongs to the mesh other") {
		t.Errorf("error: %v", err)
	}
}

func TestNoSecretArrivesThatNothingWouldRemove(t *testing.T) {
	n := newNode(t)
	broken := func(context.Context, time.Duration, ...string) error { return errors.New("no systemd") }
	err := setup.Incoming(context.Background(), n.h, "root", broken, document.Incoming{Owner: shop})
	testkit.Refused(t, err, "no systemd", "nothing was changed")
	if n.h.Exists(secrets.Arriving("shop")) {
		t.Error("there is a folder for secrets")
	}
}

// As after a run that was killed with SIGKILL, or whose connection broke before it began: only systemd is left to remove it.
func TestForget(t *testing.T) {
	n := newNode(t)
	testkit.Must(t, setup.Forget(n.h))
	left, fresh := secrets.Arriving("shop")+"/handover.json", secrets.Arriving("shop")+"/tokens.json"
	n.put(left, "{}")
	n.put(fresh, "{}")
	before := time.Now().Add(-6 * time.Minute)
	testkit.Must(t, os.Chtimes(n.h.Path(left), before, before))
	testkit.Must(t, setup.Forget(n.h))
	if n.h.Exists(left) || !n.h.Exists(fresh) {
		t.Errorf("left: %v", n.h.List(secrets.Arriving("shop")))
	}
}

func withTokens(t *testing.T, text string) (*node, func() error) {
	n := newNode(t)
	n.put(secrets.Arriving("shop")+"/tokens.json", text)
	return n, func() error { return setup.Tokens(context.Background(), n.h, document.Tokens{Owner: shop}) }
}

func TestTokensDoNotStayWhereAnotherRunHoldsTheLock(t *testing.T) {
	n, run := withTokens(t, `{"web": "one"}`)
	n.h.Fault = func(change string) error {
		if strings.HasPrefix(change, "lock") {
			return errors.New("held")
		}
		return nil
	}
	if err := run(); err == nil || n.h.Exists(secrets.Arriving("shop")+"/tokens.json") {
		t.Errorf("error: %v; there: %v", err, n.h.List(secrets.Arriving("shop")))
	}
}

func TestTokens(t *testing.T) {
	n, run := withTokens(t, `{"web": "one", "_agent": "two"}`)
	testkit.Must(t, run())
	if got := n.out.String(); got != "gatehouse: tokens on worker1: _agent, web\n" {
		t.Errorf("output: %s", got)
	}
	info, err := os.Stat(n.h.Path(host.Secrets + "/web.token"))
	if err != nil || info.Mode().Perm() != 0o600 || n.read(host.Secrets+"/web.token") != "one\n" || n.read(host.Secrets+"/_agent.shop.token") != "two\n" {
		t.Errorf("%v %v", info, err)
	}
	if n.h.Exists(secrets.Arriving("shop") + "/tokens.json") {
		t.Error("the secrets are still there")
	}
}

func TestATokenClaimsItsNameForTheMesh(t *testing.T) {
	n, run := withTokens(t, `{"web": "one"}`)
	testkit.Must(t, run())
	if owner := instance.OwnerOf(n.h, "web"); owner != "shop" {
		t.Errorf("owner: %q", owner)
	}
	n.put(secrets.Arriving("other")+"/tokens.json", `{"api": "two", "web": "two"}`)
	err := setup.Tokens(context.Background(), n.h, document.Tokens{Owner: document.Owner{Mesh: "other", Node: "worker1"}})
	if err == nil || !strings.Contains(err.Error(), "web is of the mesh shop on this node, and the deploy is of other: nothing was changed") {
		t.Errorf("error: %v", err)
	}
	if n.read(host.Secrets+"/web.token") != "one\n" || n.h.Exists(host.Secrets+"/api.token") {
		t.Error("the token was changed")
	}
}

func TestTokensAreAllThereOrNone(t *testing.T) {
	n, run := withTokens(t, `{"a": "one", "b": "two"}`)
	n.put(host.Secrets+"/a.token", "earlier\n")
	n.h.Fault = func(change string) error {
		if strings.HasSuffix(change, "b.token") {
			return errors.New("a fault")
		}
		return nil
	}
	if err := run(); err == nil || !strings.HasSuffix(err.Error(), "the earlier tokens are in place") {
		t.Errorf("error: %v", err)
	}
	if n.read(host.Secrets+"/a.token") != "earlier\n" || len(n.h.List(host.Secrets)) != 1 {
		t.Errorf("left: %v", n.h.List(host.Secrets))
	}
}

func TestTokensRefused(t *testing.T) {
	for text, message := range map[string]string{
		`{"../../etc/passwd": "x"}`: "its name is not that of an instance",
		`{"web": ""}`:               "it is empty",
		`{"web": 1}`:                "not a JSON object of texts",
	} {
		n, run := withTokens(t, text)
		if err := run(); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: %v", text, err)
		}
		if n.h.Exists(secrets.Arriving("shop")+"/tokens.json") || len(n.h.List(host.Secrets)) > 0 {
			t.Errorf("%s: something is left", text)
		}
	}
}

func TestATokenThatAKilledRunKeptIsGone(t *testing.T) {
	n, run := withTokens(t, `{"web": "one"}`)
	n.put(host.Secrets+"/web.token", "one\n")
	testkit.Must(t, os.Chmod(n.h.Path(host.Secrets+"/web.token"), 0o600))
	n.put(undo.Kept(host.Secrets+"/web.token"), "earlier")
	testkit.Must(t, run())
	if n.h.Exists(undo.Kept(host.Secrets + "/web.token")) {
		t.Error("the earlier token is still there")
	}
}
