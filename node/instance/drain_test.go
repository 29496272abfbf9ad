package instance_test

import (
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/instance/fake"
)

func TestAnInstanceIsDrainedWhereAnotherNodeServes(t *testing.T) {
	t.Parallel()
	// GIVEN an instance that runs on another node too
	n := fake.New(t)
	release := fake.Service("web", "r1")
	release.Drain = true
	apply(t, n, release)
	n.Consul.Others = map[string][]string{"web": {"worker2"}}
	n.Forget()
	// WHEN a release restarts it
	release = fake.Service("web", "r2", "-verbose")
	release.Drain = true
	apply(t, n, release)
	// THEN callers used the other node meanwhile, and this one again afterwards
	requests := strings.Join(n.Consul.Requests(), "\n")
	contains(t, requests, "maintenance web on", "maintenance web-sidecar-proxy on", "maintenance web off")
	same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
	_, ever := n.Holds.Held()
	same(t, "held ever", ever, []string(nil))
}

func TestAnInstanceThatNoOtherNodeOffersIsNotDrained(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	for _, release := range []document.Instance{fake.Service("web", "r1"), fake.Service("web", "r2", "-verbose")} {
		release.Drain = true
		n.Forget()
		apply(t, n, release)
	}
	contains(t, n.Printed(), "no other instance of web passes its checks, so this one is not drained")
	lacks(t, strings.Join(n.Consul.Requests(), "\n"), "maintenance web on")
}

func TestRequestsThatDoNotEndAreReported(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	n.Consul.Others = map[string][]string{"web": {"worker2"}}
	for _, release := range []document.Instance{fake.Service("web", "r1"), fake.Service("web", "r2", "-verbose")} {
		release.Drain = true
		apply(t, n, release)
		n.Envoys.SetActive(1)
	}
	contains(t, n.Printed(), "web still had requests after")
}
