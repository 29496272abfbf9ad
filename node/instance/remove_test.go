package instance_test

import (
	"context"
	"strings"
	"syscall"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
)

func TestARemovalEndsWithNothingOfTheInstance(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	before := n.State()
	release := fake.Service("web", "r1")
	release.Secrets = []document.SecretVariable{{Name: "PASSWORD", Version: "1"}}
	must(t, n.Apply(context.Background(), release, map[string]string{"PASSWORD": "secret"}))
	token(n, "web")
	apply(t, n, fake.Gateway("edge", "r1"))
	n.Forget()
	must(t, n.Remove(context.Background(), "web", "edge", "web"))
	same(t, "state", n.State(), before)
	requests := strings.Join(n.Consul.Requests(), "\n")
	if hidden, gone := strings.Index(requests, "maintenance web on"), strings.Index(requests, "reload"); hidden < 0 || hidden > gone {
		t.Errorf("callers were not sent elsewhere first:\n%s", requests)
	}
}

func TestTheDataOfAServiceStaysUnlessItIsToBePurged(t *testing.T) {
	t.Parallel()
	for _, purge := range []bool{false, true} {
		n := fake.New(t)
		release := fake.Service("web", "r1")
		release.Purge = purge
		apply(t, n, release)
		kept := []string{"/var/lib/private/gatehouse-web/data", "/var/lib/gatehouse-web2/data", "/var/lib/web/data"}
		for _, path := range append(kept, "/var/cache/private/gatehouse-web/data", "/var/log/gatehouse-web/data") {
			n.Put(path, "data")
		}
		must(t, n.Host.Link("private/gatehouse-web", "/var/lib/gatehouse-web"))
		must(t, n.Remove(context.Background(), "web"))
		for path, stays := range map[string]bool{
			kept[0]: !purge, kept[1]: true, kept[2]: true, "/var/lib/gatehouse-web": !purge, "/var/lib/private": true,
			"/var/cache/private/gatehouse-web": !purge, "/var/log/gatehouse-web": !purge,
		} {
			if n.Host.Exists(path) != stays {
				t.Errorf("purge %v: %s there: %v", purge, path, !stays)
			}
		}
	}
}

func TestAnInstanceWhoseProcessDoesNotStopIsNotRemoved(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	apply(t, n, fake.Gateway("edge", "r1"))
	web := n.Procs.State()
	n.Units.Fault = func(change string) error {
		if change == "stop web.service" {
			return syscall.EIO
		}
		return nil
	}
	refused(t, n.Remove(context.Background(), "edge", "web"), "web could not be removed whole")
	// The other one is removed all the same.
	if _, there := instance.Current(n.Host, "edge"); there {
		t.Error("the gateway is still there")
	}
	contains(t, web, n.Procs.State())
	same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
	contains(t, n.Consul.State(), `"web-sidecar-proxy" of`)
}

func TestARemovalThatDoesNotGetItsLockHidesNothing(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	n.Forget()
	unlock, err := n.Host.Lock(context.Background(), "instance-web")
	must(t, err)
	defer unlock()
	n.Host.LockTimeout = 0
	refused(t, n.Remove(context.Background(), "web"), "nothing was removed")
	lacks(t, strings.Join(n.Consul.Requests(), "\n"), "maintenance")
}
