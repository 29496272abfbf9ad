package sweep_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
	"gatehouse/node/testkit"
)

func TestAMovedGatewayThatWasSetUpByHandIsRemovedAndCopiesAreKept(t *testing.T) {
	n := fake.New(t)
	own := agentsOwn(n)
	text := definition("edge", "ingress-gateway")
	n.Put("/etc/consul.d/ingress.hcl", text)
	n.Put("/etc/consul.d/caller.hcl", "service {\n  name = \"caller\"\n  proxy = { destination_name = \"edge\", kind = \"ingress-gateway\" }\n}\n")
	n.Put("/etc/systemd/system/edge.service", "[Service]\nExecStart=consul connect envoy -gateway ingress\n")
	n.Start("edge.service")
	testkit.Must(t, n.Consul.Reload(context.Background()))
	testkit.Must(t, n.Consul.Keep(consul.Registration{ID: "edge-1", Service: "edge", Kind: "ingress-gateway"}, "its token"))
	testkit.Must(t, run(n, declaring()))
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
	testkit.Must(t, n.Consul.Reload(context.Background()))
	before := n.State()
	testkit.Must(t, run(n, document.Sweep{Owner: fake.Owner}))
	unchanged(t, n, before)
	// When it is let go, it is found under another unit's name, too.
	testkit.Must(t, run(n, declaring()))
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
		testkit.Must(t, n.Consul.Reload(context.Background()))
		n.Consul.Register(consul.Registration{ID: "edge", Service: "edge", Kind: "ingress-gateway"}, "")
		before := n.State()
		testkit.Must(t, run(n, declaring()))
		unchanged(t, n, before)
		testkit.Contains(t, n.Printed(), "the gateway edge stays here: /etc/consul.d/all.hcl holds the service api too")
	}
}

func TestAnotherProgramUnderTheNameOfAMovedGatewayStays(t *testing.T) {
	n := fake.New(t)
	n.Put("/etc/systemd/system/edge.service", "[Service]\nExecStart=/usr/bin/microsoft-edge\n")
	n.Start("edge.service")
	n.Consul.Register(consul.Registration{ID: "edge", Service: "edge", Kind: "ingress-gateway"}, "")
	testkit.Must(t, run(n, declaring()))
	there(t, n, "/etc/systemd/system/edge.service")
	testkit.Contains(t, n.Units.State(), "edge.service active")
}

func TestADeclaredGatewayOfAMovedNameStays(t *testing.T) {
	n := fake.New(t)
	testkit.Must(t, n.Apply(context.Background(), fake.Gateway("edge", "r1"), nil))
	before := n.State()
	testkit.Must(t, run(n, declaring("edge")))
	unchanged(t, n, before)
}

func TestRegistrationsAreComparedAndNeverInterpreted(t *testing.T) {
	for _, id := range []string{"|.|", ".*", "../../etc/passwd", "a b\n", "consul", "gatehouse-secrets", "\x1b[2J$(reboot)", `"edge"`, "edge|consul"} {
		// GIVEN registrations that a service made with its own token
		n := fake.New(t)
		own := agentsOwn(n)
		n.Put("/etc/consul.d/other.hcl", definition("other", "ingress-gateway"))
		n.Put("/etc/passwd", "root")
		testkit.Must(t, n.Apply(context.Background(), fake.Gateway("front", "r1"), nil))
		testkit.Must(t, n.Consul.Reload(context.Background()))
		before := n.State()
		for _, kind := range []string{"", "ingress-gateway"} {
			n.Consul.Register(consul.Registration{ID: id, Service: id, Kind: kind}, "")
			n.Consul.Register(consul.Registration{ID: id + "2", Service: "edge", Kind: kind}, "")
		}
		// WHEN the node is swept
		testkit.Must(t, run(n, declaring("front")))
		// THEN the gateway that moved is gone, and nothing else is
		there(t, n, append(own, "/etc/passwd", "/etc/consul.d/other.hcl", "/etc/consul.d/front.hcl")...)
		state := n.Consul.State()
		testkit.Contains(t, state, fmt.Sprintf("%q of", id))
		if strings.Contains(state, fmt.Sprintf("%q of", id+"2")) {
			t.Error(state)
		}
		testkit.Must(t, n.Consul.Deregister(context.Background(), id, ""))
		unchanged(t, n, before)
		if strings.Contains(n.Printed(), "\x1b") {
			t.Error("a control character reached the terminal")
		}
	}
}

func TestNamesOfADocumentThatCannotBeNamesTouchNothing(t *testing.T) {
	n := fake.New(t)
	own := agentsOwn(n)
	testkit.Must(t, n.Apply(context.Background(), fake.Gateway("front", "r1"), nil))
	before := n.State()
	for _, name := range []string{"../consul", "consul", "gatehouse-drain", "|.|", ".*"} {
		n.Consul.Register(consul.Registration{ID: "x", Service: name, Kind: "ingress-gateway"}, "")
		doc := declaring("front")
		doc.LetGo = []string{name}
		testkit.Must(t, run(n, doc))
		testkit.Must(t, n.Consul.Deregister(context.Background(), "x", ""))
		unchanged(t, n, before)
	}
	there(t, n, own...)
	// Nor does a folder that no instance can have.
	n.Put("/opt/gatehouse/instances/consul/current/x", "")
	testkit.Must(t, run(n, declaring("front")))
	there(t, n, own...)
}
