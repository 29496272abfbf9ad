package sweep_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
	"gatehouse/node/testkit"
)

func TestTheSweepRemovesWhatIsNoLongerDeclared(t *testing.T) {
	// GIVEN two instances, one of which is declared, and leftovers of failed runs
	n := fake.New(t)
	own := agentsOwn(n)
	declared := fake.Gateway("front", "r1")
	testkit.Must(t, n.Apply(context.Background(), declared, nil))
	testkit.Must(t, n.Apply(context.Background(), n.WithBinary(fake.Service("web", "r1"), "program"), nil))
	for _, path := range []string{"/opt/gatehouse/secrets/web.token", "/opt/gatehouse/secrets/never.token", "/opt/gatehouse/secrets/.never.token.gatehouse-before",
		"/opt/gatehouse/env/never.env", "/opt/gatehouse/binaries/abc/never", "/opt/gatehouse/incoming/def", "/opt/gatehouse/incoming/declared",
		"/opt/gatehouse/secrets/front.token", "/opt/gatehouse/binaries/declared/front"} {
		n.Put(path, "text")
	}
	ran := func(resource string) string { return host.RanOf("shop") + "/" + resource + "_" + fake.Owner.Node }
	for _, path := range []string{ran("instance_front"), ran("instance_web"), ran("binary") + "_declar", ran("binary") + "_abc", ran("node")} {
		n.Put(path, "17")
	}
	n.Put("/etc/systemd/system/left.service", unit("left, a service of mesh shop"))
	n.Put("/etc/systemd/system/left-sidecar-proxy.service", unit("Envoy sidecar of left, mesh shop"))
	n.Put("/etc/consul.d/left.hcl", fake.Written+definition("left", ""))
	n.Start("left.service", "left-sidecar-proxy.service")
	testkit.Must(t, n.Consul.Reload(context.Background()))
	// WHEN the node is swept
	doc := declaring("front")
	doc.Binaries = []string{"declared"}
	testkit.Must(t, run(n, doc))
	// THEN the declared one and the node's own are left
	there(t, n, append(own, "/opt/gatehouse/instances/front/current", "/etc/consul.d/front.hcl", "/etc/systemd/system/front.service",
		"/opt/gatehouse/secrets/front.token", "/opt/gatehouse/binaries/declared/front", "/opt/gatehouse/incoming/declared",
		ran("instance_front"), ran("binary")+"_declar", ran("node"))...)
	gone(t, n, ran("instance_web"), ran("binary")+"_abc")
	for _, folder := range []string{host.Instances, host.Binaries, host.EnvDir} {
		if names := n.Host.List(folder); len(names) > 1 {
			t.Errorf("%s holds %q", folder, names)
		}
	}
	gone(t, n, "/etc/systemd/system/web.service", "/etc/consul.d/web.hcl", "/opt/gatehouse/secrets/web.token", "/opt/gatehouse/secrets/never.token",
		"/opt/gatehouse/secrets/.never.token.gatehouse-before", "/etc/systemd/system/left.service", "/etc/systemd/system/left-sidecar-proxy.service", "/etc/consul.d/left.hcl")
	if state := n.Consul.State(); strings.Contains(state, "web") || strings.Contains(state, "left") || !strings.Contains(state, "front") {
		t.Error(state)
	}
	testkit.Contains(t, n.Printed(), "removing web", "removing left.service, which is not declared here", "kept a copy", "this node has nothing of the mesh shop that is not declared")
	// AND a second sweep finds nothing
	before := n.State()
	testkit.Must(t, run(n, doc))
	unchanged(t, n, before)
}

func TestTheSweepKeepsThingsOfOthers(t *testing.T) {
	n := fake.New(t)
	testkit.Must(t, n.Apply(context.Background(), fake.Gateway("front", "r1"), nil))
	n.Put("/etc/systemd/system/foreign.service", unit("foreign, a service of mesh other"))
	n.Put("/etc/systemd/system/shopping.service", unit("shopping, a service of mesh workshop"))
	n.Put("/etc/systemd/system/hand.service", "[Unit]\nDescription=a service of mesh shop\n")
	n.Put("/etc/consul.d/foreign.hcl", fake.Written+definition("foreign", ""))
	n.Put("/etc/consul.d/hand.hcl", definition("hand", ""))
	n.Put("/etc/consul.d/edge.hcl", definition("edge", "mesh-gateway"))
	n.Start("foreign.service", "hand.service")
	testkit.Must(t, n.Consul.Reload(context.Background()))
	n.Consul.Register(consul.Registration{ID: "api-1", Service: "api"}, "a")
	n.Consul.Register(consul.Registration{ID: "front-by-hand\x1b[2J", Service: "front"}, "b")
	before := n.State()
	testkit.Must(t, run(n, declaring("front")))
	unchanged(t, n, before)
	testkit.Contains(t, n.Printed(), `stays: it was registered by hand under the name of front`)
	if strings.Contains(n.Printed(), "\x1b") {
		t.Error("a control character reached the terminal")
	}
}

func TestANodeThatIsNotOnRecordIsNotSwept(t *testing.T) {
	n := fake.New(t)
	testkit.Must(t, n.Apply(context.Background(), fake.Gateway("front", "r1"), nil))
	before := n.State()
	doc := declaring()
	doc.Mesh = "other"
	testkit.Refused(t, run(n, doc), "no record of what other put here")
	unchanged(t, n, before)
	testkit.Must(t, n.Host.Remove(host.RecordFile("shop")))
	before = n.State()
	testkit.Refused(t, run(n, declaring()), "/opt/gatehouse/meshes/shop.json is not there", "nothing was removed", "node_worker1")
	unchanged(t, n, before)
}

func TestABinaryThatAnotherRunIsTakingIsNotSweptAway(t *testing.T) {
	n := fake.New(t)
	n.Put("/opt/gatehouse/binaries/abc/web", "text")
	unlock, err := n.Host.Lock(context.Background(), "binaries")
	testkit.Must(t, err)
	defer unlock()
	n.Host.LockTimeout = 0
	testkit.Refused(t, run(n, declaring()), "another run has held the lock binaries")
	there(t, n, "/opt/gatehouse/binaries/abc/web")
}

func TestSecretsOfNamesThatEndLikeFilesAreKept(t *testing.T) {
	n := fake.New(t)
	n.Put("/opt/gatehouse/secrets/a.env.token", "secret")
	n.Put("/opt/gatehouse/secrets/a.token", "secret")
	testkit.Must(t, run(n, declaring("a.env")))
	if names := n.Host.List(host.Secrets); !slices.Equal(names, []string{"a.env.token"}) {
		t.Errorf("%q", names)
	}
}

func TestTheSweepLetsGoOfWhatKilledRunsHeld(t *testing.T) {
	n := fake.New(t)
	for _, name := range []string{"front", "busy"} {
		testkit.Must(t, n.Apply(context.Background(), fake.Gateway(name, "r1"), nil))
		testkit.Must(t, n.Holds.Hold(name, []int{80}))
	}
	testkit.Must(t, n.Apply(context.Background(), n.WithBinary(fake.Service("gone", "r1"), "program"), nil))
	testkit.Must(t, n.Holds.Hold("gone", []int{80}))
	unlock, err := n.Host.Lock(context.Background(), "instance-busy")
	testkit.Must(t, err)
	testkit.Must(t, run(n, declaring("front", "busy")))
	unlock()
	if now, _ := n.Holds.Held(); len(now) != 1 || now["busy"] == nil {
		t.Errorf("held: %v", now)
	}
}

func TestTheSweepPrunesCopies(t *testing.T) {
	n := fake.New(t)
	old := host.Backups + "/20200101T000000Z"
	n.Put(old+"/etc/systemd/system/web.service", "mine")
	testkit.Must(t, run(n, declaring()))
	gone(t, n, old)
}
