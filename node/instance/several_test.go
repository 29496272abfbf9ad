package instance_test

import (
	"context"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/instance/fake"
)

// twoHere are two instances of a service on the node, and none elsewhere.
func twoHere(t *testing.T) *fake.Node {
	t.Helper()
	n := fake.New(t)
	for _, release := range []document.Instance{fake.Service("web", "r1"), fake.Second("web", "r1")} {
		token(n, release.Name)
		apply(t, n, drained(release))
	}
	return n
}

func TestTwoInstancesOnANodeStandInForEachOther(t *testing.T) {
	t.Parallel()
	n := twoHere(t)
	for name, release := range map[string]document.Instance{"web": fake.Service("web", "r2", "-verbose"), "web_2": fake.Second("web", "r2", "-verbose")} {
		n.Forget()
		// WHEN one of them is restarted
		apply(t, n, drained(release))
		// THEN callers used the other one meanwhile, and that one was left alone
		requests := strings.Join(n.Consul.Requests(), "\n")
		contains(t, requests, "maintenance "+name+" on", "maintenance "+name+"-sidecar-proxy on", "maintenance "+name+" off")
		other := map[string]string{"web": "web_2", "web_2": "web"}[name]
		lacks(t, requests, "maintenance "+other+" ")
		same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
		_, ever := n.Holds.Held()
		same(t, "held ever", ever, []string(nil))
	}
}

func TestASecondInstanceThatDoesNotServeStandsInForNobody(t *testing.T) {
	t.Parallel()
	n := twoHere(t)
	must(t, n.Units.Stop(context.Background(), "web_2.service", "web_2-sidecar-proxy.service"))
	apply(t, n, drained(fake.Service("web", "r2", "-verbose")))
	contains(t, n.Printed(), "no other instance of web passes its checks, so this one is not drained")
}

func TestARegistrationByHandOnTheNodeStandsInForNobody(t *testing.T) {
	t.Parallel()
	// GIVEN a person's own process under the name of a service
	n := fake.New(t)
	apply(t, n, drained(fake.Service("web", "r1")))
	mine := strings.NewReplacer(fake.Written, "", `id   = "web"`, `id   = "mine"`, "sidecar_service {", "sidecar_service {\n      port = 9001")
	n.Put("/etc/consul.d/mine.hcl", mine.Replace(fake.Definition("web")))
	must(t, n.Consul.Reload(context.Background()))
	// THEN a release does not count on it
	apply(t, n, drained(fake.Service("web", "r2", "-verbose")))
	contains(t, n.Printed(), "no other instance of web passes its checks, so this one is not drained")
}

func TestTheFirstOfTwoIsDrainedWhenTheSecondIsNoLongerDeclared(t *testing.T) {
	t.Parallel()
	// GIVEN two instances, the second of which is about to be swept
	n := twoHere(t)
	n.Forget()
	// WHEN the first one, which is declared alone, changes
	apply(t, n, fake.Service("web", "r2", "-verbose"))
	// THEN the second one serves meanwhile
	contains(t, strings.Join(n.Consul.Requests(), "\n"), "maintenance web on", "maintenance web off")
	lacks(t, n.Printed(), "was away for")
}

func TestTheSecondInstanceIsRemovedAlone(t *testing.T) {
	t.Parallel()
	n := twoHere(t)
	n.Forget()
	must(t, n.Remove(context.Background(), "web_2"))
	requests := strings.Join(n.Consul.Requests(), "\n")
	contains(t, requests, "maintenance web_2 on", "maintenance web_2-sidecar-proxy on")
	state := n.Consul.State()
	lacks(t, state, "web_2")
	contains(t, state, `"web" of web`, `"web-sidecar-proxy" of web-sidecar-proxy`)
	same(t, "definition", n.Text("/etc/consul.d/web_2.hcl"), "")
	same(t, "unit", n.Text("/etc/systemd/system/web_2-sidecar-proxy.service"), "")
}
