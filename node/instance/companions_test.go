package instance_test

import (
	"context"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
)

// admin is a second port of the process of web.
func admin(release string) document.Instance {
	one := fake.OfUnit("web.service", fake.Service("admin", release))
	one.SameProcessAs = "web"
	one.Port, one.SidecarPort, one.AdminPort, one.Upstreams = 9101, 21001, 19002, nil
	for i, file := range one.Files {
		content := strings.ReplaceAll(strings.ReplaceAll(file.Content, "9001", "9101"), "-port 5000", "")
		content = strings.ReplaceAll(strings.ReplaceAll(content, "21000", "21001"), "19000", "19002")
		one.Files[i].Content = strings.ReplaceAll(content, "local_bind_port  = 5000", "local_bind_port  = 5001")
	}
	return one
}

// web listens on the ports of both.
func web(release string, words ...string) document.Instance {
	return fake.Service("web", release, append(words, "-port 9101")...)
}

func TestTwoServicesOfOneProcess(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	refused(t, n.Apply(context.Background(), admin("a1"), nil), "served by the process of web, which this mesh does not run on this node", "nothing was changed")
	apply(t, n, web("r1"))
	n.Forget()
	apply(t, n, admin("a1"))
	same(t, "units", n.Units.State(), "admin-sidecar-proxy.service active enabled\nweb-sidecar-proxy.service active enabled\nweb.service active enabled")
	lacks(t, strings.Join(n.Units.Calls(), "\n"), "web.service")
	must(t, n.Remove(context.Background(), "admin"))
	lacks(t, strings.Join(n.Units.Calls(), "\n"), "web.service")
	same(t, "units", n.Units.State(), "web-sidecar-proxy.service active enabled\nweb.service active enabled")
	if n.Host.Exists(host.ConsulDir + "/admin.hcl") {
		t.Error("the definition is left")
	}
}

func TestBothServicesOfAProcessAreDrainedWhenItRestarts(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, web("r1"))
	second := admin("a1")
	second.Drain = true
	apply(t, n, second)
	n.Consul.Others = map[string][]string{"web": {"worker2"}, "admin": {"worker2"}}
	n.Forget()
	next := web("r2", "-verbose")
	next.Drain = true
	apply(t, n, next)
	contains(t, strings.Join(n.Consul.Requests(), "\n"), "maintenance web on", "maintenance admin on", "maintenance admin off")
	same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
	// A release that fails puts both back, too.
	broken := web("r3", fake.DoesNotStart)
	broken.Drain = true
	refused(t, n.Apply(context.Background(), broken, nil), "went back to release r2, which serves")
	same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
}

func TestCallsOfBothServicesOfTheOnlyProcessAreHeldBack(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, web("r1"))
	apply(t, n, admin("a1"))
	apply(t, n, web("r2", "-verbose"))
	_, ever := n.Holds.Held()
	same(t, "held", ever, []string{"web [9101 9001]"})
}

func TestCallsOfAServiceWithoutAnotherInstanceAreHeldBackWhileItsProcessRestarts(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, web("r1"))
	apply(t, n, admin("a1"))
	n.Consul.Others = map[string][]string{"web": {"worker2"}}
	next := web("r2", "-verbose")
	next.Drain = true
	apply(t, n, next)
	held, ever := n.Holds.Held()
	same(t, "held", ever, []string{"web [9101]"})
	same(t, "still held", len(held), 0)
	contains(t, n.Printed(), "admin was away for", "it is served by the same process as web")
	// A release that does not open the port is no reason to wait for ever, to fail, or to hold back the calls of web.
	n.Consul.Others = nil
	apply(t, n, fake.Service("web", "r3"))
	same(t, "release", current(n, "web"), "r3")
	_, ever = n.Holds.Held()
	same(t, "held", ever[1:], []string{"web [9101 9001]", "web [9101]"})
}

func TestCallsOfASecondPortOfAJobAreHeldBackWhileItRestarts(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Job("web", "r1", "-port 9101"))
	metrics := admin("a1") // the job has no sidecar, so the first automatic port is free
	metrics.SidecarPort = 21000
	for i, file := range metrics.Files {
		metrics.Files[i].Content = strings.ReplaceAll(file.Content, "21001", "21000")
	}
	apply(t, n, metrics)
	apply(t, n, fake.Job("web", "r2", "-port 9101 -other"))
	same(t, "restarts", restarts(n)[len(restarts(n))-1], "web.service")
	_, ever := n.Holds.Held()
	same(t, "held", ever, []string{"web [9101]"})
}
