package instance_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/instance/fake"
)

// automatic is a service by hand, and one of others whose sidecar has the next automatic port.
func automatic(t *testing.T, n *fake.Node, file, id string) {
	n.Put("/etc/systemd/system/shop-web.service", handUnit)
	n.Put("/etc/systemd/system/shop-web-envoy.service", "[Service]\nExecStart=consul connect envoy -sidecar-for "+id+" -admin-bind 127.0.0.1:19500 -port 21000 -port 5000\n")
	n.Put("/etc/consul.d/"+file, "service {\n  id   = \""+id+"\"\n  name = \"web\"\n  port = 9001\n  connect {\n    sidecar_service {}\n  }\n}\n")
	n.Put("/etc/consul.d/zone.hcl", "service {\n  name = \"zone\"\n  port = 9101\n  connect {\n    sidecar_service {}\n  }\n}\n")
	n.Start("shop-web.service", "shop-web-envoy.service")
	must(t, n.Consul.Reload(context.Background()))
	token(n, "web")
}

// webOn another port of the sidecar than the automatic ones.
func webOn(port string, words ...string) document.Instance {
	release := takingOver(fake.Service("web", "r1", words...))
	for i, file := range release.Files {
		release.Files[i].Content = strings.ReplaceAll(strings.Replace(file.Content, "sidecar_service {", "sidecar_service {\n      port = "+port, 1), "-port 21000", "-port "+port)
	}
	release.SidecarPort = 21913
	return release
}

func portOf(t *testing.T, n *fake.Node, id string) int {
	found, err := n.Consul.Registrations(context.Background())
	must(t, err)
	at := slices.IndexFunc(found, func(one consul.Registration) bool { return one.ID == id })
	if at < 0 {
		return 0
	}
	return found[at].Port
}

func TestASidecarOfOthersKeepsItsAutomaticPort(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct{ file, id string }{"the same id": {"web.hcl", "web"}, "another file": {"10-web.hcl", "web"}, "another id": {"web.hcl", "web-1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := fake.New(t)
			automatic(t, n, one.file, one.id)
			start := n.Units.OnStart
			n.Units.OnStart = func(unit string) error {
				same(t, "at the start of "+unit, portOf(t, n, "zone-sidecar-proxy"), 21001)
				return start(unit)
			}
			apply(t, n, webOn("21913"))
			same(t, "after the takeover", portOf(t, n, "zone-sidecar-proxy"), 21001)
			same(t, "the sidecar of web", portOf(t, n, "web-sidecar-proxy"), 21913)
			same(t, "kept", portOf(t, n, "gatehouse-ports-21000"), 21000)
			must(t, n.Remove(context.Background(), "web"))
			same(t, "after the removal", portOf(t, n, "zone-sidecar-proxy"), 21001)
		})
	}
}

func TestPortsAreKeptForAsLongAsASidecarWouldMove(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	automatic(t, n, "web.hcl", "web")
	apply(t, n, webOn("21913"))
	must(t, n.Host.Remove("/etc/consul.d/zone.hcl"))
	must(t, n.Consul.Reload(context.Background()))
	must(t, n.Remove(context.Background(), "web"))
	lacks(t, n.Consul.State(), "gatehouse-ports")
	same(t, "definitions", n.Host.List("/etc/consul.d"), []string(nil))
}

func TestNoPortIsKeptWhereNoSidecarWouldMove(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	automatic(t, n, "web.hcl", "web")
	must(t, n.Host.Remove("/etc/consul.d/zone.hcl"))
	must(t, n.Consul.Reload(context.Background()))
	apply(t, n, webOn("21913"))
	same(t, "kept", portOf(t, n, "gatehouse-ports-21000"), 0)
}

func TestAFailedTakeoverKeepsNoPort(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	automatic(t, n, "web.hcl", "web")
	before := n.State()
	refused(t, n.Apply(context.Background(), webOn("21913", fake.DoesNotListen), nil), "what was made by hand is back")
	same(t, "state", n.State(), before)
}

func TestAReleaseThatDoesNotServeTakesNoRegistrationByHandAway(t *testing.T) {
	t.Parallel()
	for _, word := range []string{fake.DoesNotStart, fake.DoesNotListen} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			n := fake.New(t)
			byOtherNames(t, n)
			n.Consul.Others = map[string][]string{"web": {"worker2"}}
			n.Consul.Fault = func(request string) error {
				if request == "reload" && !n.Host.Exists("/etc/consul.d/10-web.hcl") {
					t.Error("the definition by hand is gone before the release serves")
				}
				return nil
			}
			refused(t, n.Apply(context.Background(), drained(takingOver(fake.Service("web", "r1", word))), nil), "what was made by hand is back")
		})
	}
}
