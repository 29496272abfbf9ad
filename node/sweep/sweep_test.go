package sweep_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
	"gatehouse/node/sweep"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; expected %q", parts)
	}
	contains(t, err.Error(), parts...)
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("expected %q in:\n%s", part, text)
		}
	}
}

func unchanged(t *testing.T, n *fake.Node, before string) {
	t.Helper()
	if after := n.State(); after != before {
		t.Error(difference(before, after))
	}
}

func there(t *testing.T, n *fake.Node, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if !n.Host.Exists(path) {
			t.Errorf("%s is gone", path)
		}
	}
}

func gone(t *testing.T, n *fake.Node, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if n.Host.Exists(path) {
			t.Errorf("%s is still there", path)
		}
	}
}

// declaring instances, with the gateway edge on other nodes.
func declaring(instances ...string) document.Sweep {
	return document.Sweep{Owner: fake.Owner, Instances: instances, LetGo: []string{"edge"}}
}

func run(n *fake.Node, doc document.Sweep) error {
	return sweep.Run(context.Background(), n.Node, n.Consul, doc)
}

func unit(description string) string {
	return fake.Written + "[Unit]\nDescription=" + description + "\n[Service]\nExecStart=/usr/bin/something\n"
}

func definition(name, kind string) string {
	return fmt.Sprintf("service {\n  name = %q\n  kind = %q\n}\n", name, kind)
}

// agentsOwn are files of the agent and of the node, which no sweep touches.
func agentsOwn(n *fake.Node) []string {
	own := []string{"/etc/consul.d/consul.hcl", "/etc/consul.d/gatehouse-secrets.hcl", "/etc/systemd/system/consul.service",
		"/etc/systemd/system/gatehouse-drain.service", "/opt/gatehouse/secrets/_agent.token"}
	for _, path := range own {
		n.Put(path, unit("Consul agent of mesh shop"))
	}
	return own
}

func TestTheSweepRemovesWhatIsNoLongerDeclared(t *testing.T) {
	// GIVEN two instances, one of which is declared, and what failed runs left
	n := fake.New(t)
	own := agentsOwn(n)
	declared := fake.Gateway("front", "r1")
	must(t, n.Apply(context.Background(), declared, nil))
	must(t, n.Apply(context.Background(), n.WithBinary(fake.Service("web", "r1"), "program"), nil))
	for _, path := range []string{"/opt/gatehouse/secrets/web.token", "/opt/gatehouse/secrets/never.token", "/opt/gatehouse/secrets/.never.token.gatehouse-before",
		"/opt/gatehouse/env/never.env", "/opt/gatehouse/binaries/abc/never", "/opt/gatehouse/incoming/def", "/opt/gatehouse/incoming/declared",
		"/opt/gatehouse/secrets/front.token", "/opt/gatehouse/binaries/declared/front"} {
		n.Put(path, "text")
	}
	n.Put("/etc/systemd/system/left.service", unit("left, a service of mesh shop"))
	n.Put("/etc/systemd/system/left-sidecar-proxy.service", unit("Envoy sidecar of left, mesh shop"))
	n.Put("/etc/consul.d/left.hcl", fake.Written+definition("left", ""))
	n.Start("left.service", "left-sidecar-proxy.service")
	must(t, n.Consul.Reload(context.Background()))
	// WHEN the node is swept
	doc := declaring("front")
	doc.Binaries = []string{"declared"}
	must(t, run(n, doc))
	// THEN the declared one and the node's own are left
	there(t, n, append(own, "/opt/gatehouse/instances/front/current", "/etc/consul.d/front.hcl", "/etc/systemd/system/front.service",
		"/opt/gatehouse/secrets/front.token", "/opt/gatehouse/binaries/declared/front", "/opt/gatehouse/incoming/declared")...)
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
	contains(t, n.Printed(), "removing web", "removing left.service, which is not declared here", "kept a copy", "nothing of the mesh shop is here that is not declared")
	// AND a second sweep finds nothing
	before := n.State()
	must(t, run(n, doc))
	unchanged(t, n, before)
}

func TestTheSweepKeepsWhatIsOfOthers(t *testing.T) {
	n := fake.New(t)
	must(t, n.Apply(context.Background(), fake.Gateway("front", "r1"), nil))
	n.Put("/etc/systemd/system/foreign.service", unit("foreign, a service of mesh other"))
	n.Put("/etc/systemd/system/shopping.service", unit("shopping, a service of mesh workshop"))
	n.Put("/etc/systemd/system/hand.service", "[Unit]\nDescription=a service of mesh shop\n")
	n.Put("/etc/consul.d/foreign.hcl", fake.Written+definition("foreign", ""))
	n.Put("/etc/consul.d/hand.hcl", definition("hand", ""))
	n.Put("/etc/consul.d/edge.hcl", definition("edge", "mesh-gateway"))
	n.Start("foreign.service", "hand.service")
	must(t, n.Consul.Reload(context.Background()))
	n.Consul.Register(consul.Registration{ID: "api-1", Service: "api"}, "a")
	n.Consul.Register(consul.Registration{ID: "front-by-hand\x1b[2J", Service: "front"}, "b")
	before := n.State()
	must(t, run(n, declaring("front")))
	unchanged(t, n, before)
	contains(t, n.Printed(), `stays: it was registered by hand under the name of front`)
	if strings.Contains(n.Printed(), "\x1b") {
		t.Error("a control character reached the terminal")
	}
}

func TestAMovedGatewayThatWasSetUpByHandIsRemovedAndCopiesAreKept(t *testing.T) {
	n := fake.New(t)
	own := agentsOwn(n)
	text := definition("edge", "ingress-gateway")
	n.Put("/etc/consul.d/ingress.hcl", text)
	n.Put("/etc/consul.d/caller.hcl", "service {\n  name = \"caller\"\n  proxy = { destination_name = \"edge\", kind = \"ingress-gateway\" }\n}\n")
	n.Put("/etc/systemd/system/edge.service", "[Service]\nExecStart=consul connect envoy -gateway ingress\n")
	n.Start("edge.service")
	must(t, n.Consul.Reload(context.Background()))
	must(t, n.Consul.Keep(consul.Registration{ID: "edge-1", Service: "edge", Kind: "ingress-gateway"}, "its token"))
	must(t, run(n, declaring()))
	gone(t, n, "/etc/consul.d/ingress.hcl", "/etc/systemd/system/edge.service")
	there(t, n, append(own, "/etc/consul.d/caller.hcl")...)
	if state := n.Consul.State() + n.Units.State(); strings.Contains(state, `"edge-1" of`) || strings.Contains(state, `"edge" of`) || strings.Contains(state, "edge.service active") {
		t.Error(state)
	}
	copies, _ := filepath.Glob(n.Host.Path(host.Backups + "/*/etc/consul.d/ingress.hcl"))
	if len(copies) != 1 {
		t.Fatal(n.Printed())
	}
	if kept, _ := os.ReadFile(copies[0]); string(kept) != text {
		t.Errorf("copy: %s", kept)
	}
}

func TestAGatewayThatIsNotLetGoStays(t *testing.T) {
	n := fake.New(t)
	n.Put("/etc/consul.d/ingress.hcl", definition("edge", "ingress-gateway"))
	n.Put("/etc/systemd/system/ingress.service", "[Service]\nExecStart=consul connect envoy -gateway ingress -proxy-id edge\n")
	n.Start("ingress.service")
	must(t, n.Consul.Reload(context.Background()))
	before := n.State()
	must(t, run(n, document.Sweep{Owner: fake.Owner}))
	unchanged(t, n, before)
	// Under another unit's name it is found when it is let go.
	must(t, run(n, declaring()))
	gone(t, n, "/etc/consul.d/ingress.hcl", "/etc/systemd/system/ingress.service")
	if state := n.Units.State() + n.Consul.State(); strings.Contains(state, "ingress") {
		t.Error(state)
	}
}

func TestAMovedGatewayStaysWhereItsFileDefinesMore(t *testing.T) {
	for _, text := range []string{
		definition("edge", "ingress-gateway") + definition("api", ""),
		"services = [{ name = \"edge\", kind = \"ingress-gateway\" }, { name = \"api\" }]\n",
	} {
		n := fake.New(t)
		n.Put("/etc/consul.d/all.hcl", text)
		must(t, n.Consul.Reload(context.Background()))
		n.Consul.Register(consul.Registration{ID: "edge", Service: "edge", Kind: "ingress-gateway"}, "")
		before := n.State()
		must(t, run(n, declaring()))
		unchanged(t, n, before)
		contains(t, n.Printed(), "the gateway edge stays here: /etc/consul.d/all.hcl holds the service api too")
	}
}

func TestAnotherProgramUnderTheNameOfAMovedGatewayStays(t *testing.T) {
	n := fake.New(t)
	n.Put("/etc/systemd/system/edge.service", "[Service]\nExecStart=/usr/bin/microsoft-edge\n")
	n.Start("edge.service")
	n.Consul.Register(consul.Registration{ID: "edge", Service: "edge", Kind: "ingress-gateway"}, "")
	must(t, run(n, declaring()))
	there(t, n, "/etc/systemd/system/edge.service")
	contains(t, n.Units.State(), "edge.service active")
}

func TestADeclaredGatewayOfAMovedNameStays(t *testing.T) {
	n := fake.New(t)
	must(t, n.Apply(context.Background(), fake.Gateway("edge", "r1"), nil))
	before := n.State()
	must(t, run(n, declaring("edge")))
	unchanged(t, n, before)
}

func TestWhatIsRegisteredIsComparedAndNeverInterpreted(t *testing.T) {
	for _, id := range []string{"|.|", ".*", "../../etc/passwd", "a b\n", "consul", "gatehouse-secrets", "\x1b[2J$(reboot)", `"edge"`, "edge|consul"} {
		// GIVEN registrations that a service made with its own token
		n := fake.New(t)
		own := agentsOwn(n)
		n.Put("/etc/consul.d/other.hcl", definition("other", "ingress-gateway"))
		n.Put("/etc/passwd", "root")
		must(t, n.Apply(context.Background(), fake.Gateway("front", "r1"), nil))
		must(t, n.Consul.Reload(context.Background()))
		before := n.State()
		for _, kind := range []string{"", "ingress-gateway"} {
			n.Consul.Register(consul.Registration{ID: id, Service: id, Kind: kind}, "")
			n.Consul.Register(consul.Registration{ID: id + "2", Service: "edge", Kind: kind}, "")
		}
		// WHEN the node is swept
		must(t, run(n, declaring("front")))
		// THEN the gateway that moved is gone, and nothing else is
		there(t, n, append(own, "/etc/passwd", "/etc/consul.d/other.hcl", "/etc/consul.d/front.hcl")...)
		state := n.Consul.State()
		contains(t, state, fmt.Sprintf("%q of", id))
		if strings.Contains(state, fmt.Sprintf("%q of", id+"2")) {
			t.Error(state)
		}
		must(t, n.Consul.Deregister(context.Background(), id, ""))
		unchanged(t, n, before)
		if strings.Contains(n.Printed(), "\x1b") {
			t.Error("a control character reached the terminal")
		}
	}
}

func TestNamesOfADocumentThatCannotBeNamesTouchNothing(t *testing.T) {
	n := fake.New(t)
	own := agentsOwn(n)
	must(t, n.Apply(context.Background(), fake.Gateway("front", "r1"), nil))
	before := n.State()
	for _, name := range []string{"../consul", "consul", "gatehouse-drain", "|.|", ".*"} {
		n.Consul.Register(consul.Registration{ID: "x", Service: name, Kind: "ingress-gateway"}, "")
		doc := declaring("front")
		doc.LetGo = []string{name}
		must(t, run(n, doc))
		must(t, n.Consul.Deregister(context.Background(), "x", ""))
		unchanged(t, n, before)
	}
	there(t, n, own...)
	// Nor does a folder that no instance can have.
	n.Put("/opt/gatehouse/instances/consul/current/x", "")
	must(t, run(n, declaring("front")))
	there(t, n, own...)
}

func TestANodeThatIsNotOnRecordIsNotSwept(t *testing.T) {
	n := fake.New(t)
	must(t, n.Apply(context.Background(), fake.Gateway("front", "r1"), nil))
	before := n.State()
	doc := declaring()
	doc.Mesh = "other"
	refused(t, run(n, doc), "no record of what other put here")
	unchanged(t, n, before)
	must(t, n.Host.Remove(host.RecordFile("shop")))
	before = n.State()
	refused(t, run(n, declaring()), "/opt/gatehouse/meshes/shop.json is not there", "nothing was removed", "node_worker1")
	unchanged(t, n, before)
}

// seeded node with something for each step of the sweep.
func seeded(t *testing.T) *fake.Node {
	n := fake.New(t)
	agentsOwn(n)
	must(t, n.Apply(context.Background(), fake.Service("web", "r1"), nil))
	must(t, n.Apply(context.Background(), fake.Gateway("front", "r1"), nil))
	n.Put("/opt/gatehouse/secrets/web.token", "secret")
	n.Put("/opt/gatehouse/secrets/never.token", "secret")
	n.Put("/opt/gatehouse/binaries/abc/never", "text")
	n.Put("/etc/consul.d/left.hcl", fake.Written+definition("left", ""))
	n.Put("/etc/systemd/system/left.service", unit("left, a service of mesh shop"))
	n.Put("/etc/consul.d/edge.hcl", definition("edge", "ingress-gateway"))
	n.Put("/etc/systemd/system/edge.service", "[Service]\nExecStart=consul connect envoy -gateway ingress\n")
	n.Start("edge.service", "left.service")
	must(t, n.Consul.Reload(context.Background()))
	n.Forget()
	return n
}

func TestAfterAFaultAtAnyStepOfTheSweepTheNextOneFinishes(t *testing.T) {
	n := seeded(t)
	var changes []string
	record := func(change string) error {
		changes = append(changes, change)
		return nil
	}
	arm(n, record)
	must(t, run(n, declaring("front")))
	arm(n, nil)
	after := n.State()
	for point := range changes {
		for _, signal := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %s %t", point, changes[point], signal), func(t *testing.T) {
				t.Parallel()
				n, count := seeded(t), 0
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				arm(n, func(string) error {
					if count++; count != point+1 {
						return nil
					}
					if signal {
						cancel()
						return nil
					}
					return syscall.EIO
				})
				_ = sweep.Run(ctx, n.Node, n.Consul, declaring("front"))
				arm(n, nil)
				if ids := n.Consul.InMaintenance(); len(ids) > 0 {
					t.Errorf("in maintenance mode: %q", ids)
				}
				whole := n.Consul.State() + n.Units.State()
				if strings.Contains(whole, `"web" of`) != strings.Contains(whole, "web.service active") {
					t.Errorf("web is neither there nor gone:\n%s", whole)
				}
				must(t, run(n, declaring("front")))
				unchanged(t, n, after)
				if kept := n.Kept(); len(kept) > 0 {
					t.Errorf("leftovers: %q", kept)
				}
			})
		}
	}
}

func arm(n *fake.Node, fault func(change string) error) {
	n.Host.Fault, n.Units.Fault, n.Consul.Fault = fault, fault, fault
}

func TestABinaryThatAnotherRunIsTakingIsNotSweptAway(t *testing.T) {
	n := fake.New(t)
	n.Put("/opt/gatehouse/binaries/abc/web", "text")
	unlock, err := n.Host.Lock(context.Background(), "binaries")
	must(t, err)
	defer unlock()
	n.Host.LockTimeout = 0
	refused(t, run(n, declaring()), "another run has held the lock binaries")
	there(t, n, "/opt/gatehouse/binaries/abc/web")
}

func TestSecretsOfNamesThatEndLikeFilesAreKept(t *testing.T) {
	n := fake.New(t)
	n.Put("/opt/gatehouse/secrets/a.env.token", "secret")
	n.Put("/opt/gatehouse/secrets/a.token", "secret")
	must(t, run(n, declaring("a.env")))
	if names := n.Host.List(host.Secrets); !slices.Equal(names, []string{"a.env.token"}) {
		t.Errorf("%q", names)
	}
}

// difference of two texts, by line.
func difference(before, after string) string {
	var lines []string
	was, is := strings.Split(before, "\n"), strings.Split(after, "\n")
	for _, line := range was {
		if !slices.Contains(is, line) {
			lines = append(lines, "- "+line)
		}
	}
	for _, line := range is {
		if !slices.Contains(was, line) {
			lines = append(lines, "+ "+line)
		}
	}
	return strings.Join(lines, "\n")
}
