package instance_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/instance/fake"
)

const keptPorts = "/etc/consul.d/00-gatehouse-ports.hcl"

// apiByHand is a second service by hand, whose sidecar has the automatic port after that of web.
func apiByHand(t *testing.T, n *fake.Node) {
	n.Put("/etc/systemd/system/shop-api.service", "[Service]\nExecStart=/usr/bin/api -port 9201\n")
	n.Put("/etc/systemd/system/shop-api-envoy.service", "[Service]\nExecStart=consul connect envoy -sidecar-for api -admin-bind 127.0.0.1:19502 -port 21001\n")
	n.Put("/etc/consul.d/xapi.hcl", "service {\n  id   = \"api\"\n  name = \"api\"\n  port = 9201\n  connect {\n    sidecar_service {}\n  }\n}\n")
	n.Start("shop-api.service", "shop-api-envoy.service")
	must(t, n.Consul.Reload(context.Background()))
	token(n, "api")
}

// apiOn a port that is not automatic.
func apiOn(words ...string) document.Instance {
	release := takingOver(fake.Service("api", "r1", words...))
	for i, file := range release.Files {
		text := strings.Replace(file.Content, "sidecar_service {", "sidecar_service {\n      port = 21914", 1)
		text = strings.NewReplacer("-port 21000", "-port 21914", "9001", "9201", "127.0.0.1:19000", "127.0.0.1:19002", "-port 5000", "-port 5001", "= 5000", "= 5001").Replace(text)
		release.Files[i].Content = text
	}
	release.Port, release.SidecarPort, release.AdminPort = 9201, 21914, 19002
	release.Upstreams = []document.Upstream{{Name: "backend", LocalPort: 5001}}
	return release
}

func twoByHand(t *testing.T, n *fake.Node) {
	automatic(t, n, "web.hcl", "web")
	apiByHand(t, n)
	same(t, "at first", portOf(t, n, "zone-sidecar-proxy"), 21002)
}

func TestOneTakeoverAfterAnotherKeepsThePortsOfBoth(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	twoByHand(t, n)
	apply(t, n, webOn("21913"))
	same(t, "after the first", portOf(t, n, "zone-sidecar-proxy"), 21002)
	before := n.State()
	refused(t, n.Apply(context.Background(), apiOn(fake.DoesNotListen), nil), "what was made by hand is back, and serves")
	same(t, "after the second failed", n.State(), before)
	apply(t, n, apiOn())
	same(t, "after the second", portOf(t, n, "zone-sidecar-proxy"), 21002)
	must(t, n.Remove(context.Background(), "web"))
	same(t, "after a removal", portOf(t, n, "zone-sidecar-proxy"), 21002)
	must(t, n.Remove(context.Background(), "api"))
	same(t, "after the last removal", portOf(t, n, "zone-sidecar-proxy"), 21002)
}

func TestATakeoverThatFailsLeavesThePortsThatAnotherKeptMeanwhile(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, n *fake.Node){
		"the first": func(*testing.T, *fake.Node) {},
		"with others": func(t *testing.T, n *fake.Node) {
			n.Put(keptPorts, fake.Written+"services {\n  id   = \"gatehouse-ports-21007\"\n  name = \"gatehouse-ports\"\n  port = 21007\n}\n")
			must(t, n.Consul.Reload(context.Background()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := fake.New(t)
			automatic(t, n, "web.hcl", "web")
			apiByHand(t, n)
			prepare(t, n)
			port := portOf(t, n, "zone-sidecar-proxy")
			var other error
			ran := false
			var once sync.Once
			// WHEN api is taken over while web waits to become healthy
			page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				once.Do(func() { other, ran = n.Apply(context.Background(), apiOn(), nil), true })
				w.WriteHeader(http.StatusInternalServerError)
			}))
			defer page.Close()
			release := webOn("21913")
			release.Health.URL = page.URL
			refused(t, n.Apply(context.Background(), release, nil), "web is not healthy; what was made by hand is back")
			if !ran {
				t.Fatal("the other did not run")
			}
			must(t, other)
			same(t, "the sidecar of others", portOf(t, n, "zone-sidecar-proxy"), port)
			same(t, "kept", n.Kept(), []string(nil))
		})
	}
}

func TestAPersonsFileOfThatNameStays(t *testing.T) {
	t.Parallel()
	const text = "# ours\nservices {\n  name = \"parking\"\n  port = 21005\n}\n"
	n := fake.New(t)
	automatic(t, n, "web.hcl", "web")
	n.Put(keptPorts, text)
	must(t, n.Consul.Reload(context.Background()))
	_ = n.Apply(context.Background(), webOn("21913"), nil)
	same(t, "the file", n.Text(keptPorts), text)
	same(t, "zone", portOf(t, n, "zone-sidecar-proxy"), 21001)

	n = fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	n.Put(keptPorts, text)
	must(t, n.Remove(context.Background(), "web"))
	same(t, "the file after a removal", n.Text(keptPorts), text)
}

func TestSidecarsOfDeclaredServicesNeedNoKeptPorts(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	automatic(t, n, "web.hcl", "web")
	release := webOn("21100")
	release.SidecarPort = 21100
	apply(t, n, release)
	same(t, "kept", portOf(t, n, "gatehouse-ports-21000"), 21000)
	must(t, n.Host.Remove("/etc/consul.d/zone.hcl"))
	must(t, n.Consul.Reload(context.Background()))
	must(t, n.Remove(context.Background(), "web"))
	lacks(t, n.Consul.State(), "gatehouse-ports")
	same(t, "definitions", n.Host.List("/etc/consul.d"), []string(nil))
}

func TestAUnitThatRunsThingsOfOthersIsNeverTakenOver(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"docker.service", "containerd.service", "podman.service", "supervisor.service", "supervisord.service", "user@1000.service", "cron.service", "nomad.service", "ssh.service"} {
		n := fake.New(t)
		n.Put("/etc/systemd/system/"+unit, "[Service]\nExecStart=/usr/bin/dockerd -port 9001 -port 8443\n")
		n.Put("/etc/consul.d/w.hcl", "service {\n  name = \"web\"\n  port = 9001\n}\n")
		n.Start(unit)
		must(t, n.Consul.Reload(context.Background()))
		before := n.State()
		refused(t, n.Apply(context.Background(), takingOver(fake.Service("web", "r1")), nil), unit, "nothing was changed")
		same(t, unit, n.State(), before)
	}
}

func TestAUnitThatRunsTheSidecarOfAnotherServiceTooIsNeverTakenOver(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	n.Put("/etc/systemd/system/sidecars.service", "[Service]\nExecStart=/bin/sh -c 'consul connect envoy -sidecar-for web -admin-bind 127.0.0.1:19500 & consul connect envoy -sidecar-for api'\n")
	n.Put("/etc/consul.d/w.hcl", "service {\n  name = \"web\"\n  port = 9001\n}\n")
	n.Start("sidecars.service")
	must(t, n.Consul.Reload(context.Background()))
	before := n.State()
	refused(t, n.Apply(context.Background(), takingOver(fake.Service("web", "r1")), nil), "sidecars.service", "nothing was changed")
	same(t, "state", n.State(), before)
}
