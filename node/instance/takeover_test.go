package instance_test

import (
	"context"
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/instance/fake"
)

func takingOver(release document.Instance) document.Instance {
	release.TakeOver = true
	return release
}

// otherHand is a service by hand of which nothing has the names of a release.
var otherHand = map[string]string{
	"/etc/systemd/system/shop-web.service": handUnit,
	"/etc/systemd/system/shop-web-envoy.service": "[Unit]\nDescription=By hand\n[Service]\nExecStart=consul connect envoy -sidecar-for web-1 \\\n" +
		"  -admin-bind 127.0.0.1:19500 -port 21500 -port 5000\n[Install]\nWantedBy=multi-user.target\n",
	"/etc/consul.d/10-web.hcl": "service {\n  id   = \"web-1\"\n  name = \"web\"\n  port = 9001\n  connect {\n    sidecar_service {\n      port = 21500\n    }\n  }\n}\n",
}

// foreign is another service by hand, which nothing may touch.
func foreign(t *testing.T, n *fake.Node) {
	n.Put("/etc/systemd/system/api.service", "[Service]\nExecStart=/usr/bin/api -port 9101\n")
	n.Put("/etc/systemd/system/api-sidecar-proxy.service", "[Service]\nExecStart=consul connect envoy -sidecar-for api -admin-bind 127.0.0.1:19501 -port 21501\n")
	n.Put("/etc/consul.d/api.hcl", "service {\n  name = \"api\"\n  port = 9101\n  connect {\n    sidecar_service {\n      port = 21501\n    }\n  }\n}\n")
	n.Start("api.service", "api-sidecar-proxy.service")
}

func byOtherNames(t *testing.T, n *fake.Node) {
	for path, content := range otherHand {
		n.Put(path, content)
	}
	n.Put("/etc/systemd/system/shop-web.service.d/more.conf", "[Service]\nNice=5\n")
	foreign(t, n)
	n.Start("shop-web.service", "shop-web-envoy.service")
	must(t, n.Consul.Reload(context.Background()))
	token(n, "web")
}

func throughTheAPI(t *testing.T, n *fake.Node) {
	byOtherNames(t, n)
	must(t, n.Host.Remove("/etc/consul.d/10-web.hcl"))
	must(t, n.Consul.Reload(context.Background()))
	must(t, n.Consul.Keep(consul.Registration{ID: "web-1", Service: "web", Port: 9001}, "token by hand"))
	must(t, n.Consul.Keep(consul.Registration{ID: "web-1-proxy", Service: "web-proxy", Kind: "connect-proxy", Of: "web", OfID: "web-1", Port: 21500}, "token by hand"))
}

func gatewayByHand(t *testing.T, n *fake.Node) {
	n.Put("/etc/systemd/system/ingress.service", "[Service]\nExecStart=consul connect envoy -gateway ingress -proxy-id=edge-1 -admin-bind 127.0.0.1:19000 -port 8080\n")
	n.Put("/etc/consul.d/edge.hcl", "service {\n  id   = \"edge-1\"\n  name = \"edge\"\n  kind = \"ingress-gateway\"\n}\n")
	foreign(t, n)
	n.Start("ingress.service")
	must(t, n.Consul.Reload(context.Background()))
}

func TestWhatIsInUseByHandIsRefusedUntilTheDeclarationTakesItOver(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		prepare func(t *testing.T, n *fake.Node)
		release document.Instance
		told    []string
	}{
		"the same names": {byHand, fake.Service("web", "r1"), []string{"/etc/systemd/system/web.service (active, process ", "/etc/consul.d/web.hcl", `registration "web" on port 9001`, `takeOver: { services: ["web"] }`}},
		"other names": {byOtherNames, fake.Service("web", "r1"), []string{"/etc/systemd/system/shop-web.service (active", "/etc/systemd/system/shop-web-envoy.service (active",
			"/etc/consul.d/10-web.hcl", `registration "web-1" on port 9001`, `registration "web-1-sidecar-proxy" on port 21500`}},
		"through the API": {throughTheAPI, fake.Service("web", "r1"), []string{"shop-web.service", "shop-web-envoy.service", `registration "web-1-proxy"`}},
		"a gateway":       {gatewayByHand, fake.Gateway("edge", "r1"), []string{"ingress.service", "/etc/consul.d/edge.hcl", `takeOver: { gateways: ["edge"] }`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := fake.New(t)
			one.prepare(t, n)
			before := n.State()
			err := n.Apply(context.Background(), one.release, nil)
			refused(t, err, append(one.told, "nothing was changed")...)
			lacks(t, err.Error(), "api")
			same(t, "state", n.State(), before)
		})
	}
}

func TestATakeoverSetsAsideWhatWasMadeByHandAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, n *fake.Node){"files": byOtherNames, "API": throughTheAPI} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := fake.New(t)
			prepare(t, n)
			n.Forget()
			apply(t, n, takingOver(fake.Service("web", "r1")))
			same(t, "units", n.Units.State(), "api-sidecar-proxy.service active enabled\napi.service active enabled\nweb-sidecar-proxy.service active enabled\nweb.service active enabled")
			for _, path := range []string{"/etc/systemd/system/shop-web.service", "/etc/systemd/system/shop-web-envoy.service", "/etc/systemd/system/shop-web.service.d/more.conf", "/etc/consul.d/10-web.hcl", "/etc/consul.d/web.gatehouse-leaving.hcl", "/etc/consul.d/10-web.gatehouse-leaving.hcl"} {
				if n.Host.Exists(path) {
					t.Errorf("%s is still there", path)
				}
			}
			keptACopy(t, n, "/etc/systemd/system/shop-web.service", handUnit)
			lacks(t, n.Consul.State(), "web-1")
			contains(t, n.Consul.State(), `"api" of api`, `"web" of web by "web.hcl"`)
			lacks(t, strings.Join(n.Units.Calls(), "\n"), "api")
			same(t, "kept", n.Kept(), []string(nil))
			// The next release is one like any other.
			apply(t, n, takingOver(fake.Service("web", "r2", "-verbose")))
		})
	}
}

func TestTwoSidecarsNeverRunSideBySide(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	byOtherNames(t, n)
	start := n.Units.OnStart
	n.Units.OnStart = func(unit string) error {
		if unit == "web-sidecar-proxy.service" {
			if state, _ := n.Units.Unit(context.Background(), "shop-web-envoy.service"); state.Active() {
				t.Error("the sidecar by hand still runs")
			}
		}
		return start(unit)
	}
	apply(t, n, takingOver(fake.Service("web", "r1")))
}

func TestTheOnlyInstanceIsHeldWhileItIsTakenOverAndItsOldPortLeadsToTheNewOne(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	byOtherNames(t, n)
	apply(t, n, takingOver(fake.Service("web", "r1")))
	_, ever := n.Holds.Held()
	same(t, "held ever", ever, []string{"web [5000 9001 21000 21500]", "web redirects map[21500:21000]"})
	if !n.Consul.IntroducedPassing("web") {
		t.Error("callers find no instance until the agent has looked")
	}
}

func TestATakeoverIsDrainedByItsOwnIDsWhereAnotherNodeServes(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	byOtherNames(t, n)
	n.Consul.Others = map[string][]string{"web": {"worker2"}}
	n.Forget()
	apply(t, n, takingOver(drained(fake.Service("web", "r1"))))
	contains(t, strings.Join(n.Consul.Requests(), "\n"), "maintenance web-1 on", "maintenance web-1-sidecar-proxy on")
	same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
	_, ever := n.Holds.Held()
	same(t, "held ever", ever, []string(nil))
	if n.Consul.IntroducedPassing("web") {
		t.Error("callers are sent to it before it is well")
	}
}

func TestAFailedTakeoverPutsEverythingBackAndRunsItAgain(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, n *fake.Node){"the same names": byHand, "other names": byOtherNames, "API": throughTheAPI} {
		for _, word := range []string{fake.DoesNotStart, fake.DoesNotListen} {
			for _, drain := range []bool{false, true} {
				t.Run(name+" "+word, func(t *testing.T) {
					t.Parallel()
					n := fake.New(t)
					prepare(t, n)
					n.Consul.Others = map[string][]string{"web": {"worker2"}}
					before := n.State()
					release := takingOver(fake.Service("web", "r1", word))
					release.Drain = drain
					refused(t, n.Apply(context.Background(), release, nil), "web is not healthy; what was made by hand is back, and serves")
					same(t, "state", n.State(), before)
					same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
					same(t, "kept", n.Kept(), []string(nil))
					if held, _ := n.Holds.Held(); len(held) > 0 {
						t.Errorf("held: %v", held)
					}
				})
			}
		}
	}
}

func TestWhatIsNotOfTheWorkloadAloneIsNeverTakenOver(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		prepare func(t *testing.T, n *fake.Node)
		told    []string
	}{
		"a definition of two services": {func(t *testing.T, n *fake.Node) {
			n.Put("/etc/consul.d/all.hcl", "service {\n  name = \"web\"\n}\nservice {\n  name = \"api\"\n}\n")
			must(t, n.Consul.Reload(context.Background()))
		}, []string{"/etc/consul.d/all.hcl holds the service api too: put the definition of web into a file of its own"}},
		"the agent's own file": {func(_ *testing.T, n *fake.Node) {
			n.Put("/etc/consul.d/consul.hcl", "data_dir = \"/opt/consul\"\nservice {\n  name = \"web\"\n}\n")
		}, []string{"holds the setting datadir too"}},
		"a unit of two services": {func(t *testing.T, n *fake.Node) {
			n.Put("/etc/systemd/system/both.service", "[Service]\nExecStart=/usr/bin/both -port 9001 -port 9101\n")
			n.Put("/etc/consul.d/w.hcl", "service {\n  name = \"web\"\n  port = 9001\n}\n")
			n.Put("/etc/consul.d/a.hcl", "service {\n  name = \"api\"\n  port = 9101\n}\n")
			n.Start("both.service")
			must(t, n.Consul.Reload(context.Background()))
		}, []string{`both.service serves "api" on port 9101 too`}},
		"a process of no unit": {func(t *testing.T, n *fake.Node) {
			n.Put("/etc/consul.d/w.hcl", "service {\n  name = \"web\"\n  port = 9001\n}\n")
			n.Procs.Foreign[9001] = "python3"
			must(t, n.Consul.Reload(context.Background()))
		}, []string{`port 9001 of "web" is held by python3 (process 4711), which is in no unit of systemd`}},
		"a registration that Consul does not keep where it is looked for": {func(_ *testing.T, n *fake.Node) {
			n.Consul.Register(consul.Registration{ID: "web-1", Service: "web"}, "")
		}, []string{`the registration "web-1" is in no file`, "consul services deregister -id=web-1"}},
		"an id of another service": {func(t *testing.T, n *fake.Node) {
			n.Put("/etc/consul.d/w.hcl", "service {\n  id   = \"web\"\n  name = \"api\"\n}\n")
			must(t, n.Consul.Reload(context.Background()))
		}, []string{`the registration "web" is of the service api`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := fake.New(t)
			one.prepare(t, n)
			before := n.State()
			refused(t, n.Apply(context.Background(), takingOver(fake.Service("web", "r1")), nil), append(one.told, "cannot be taken over", "nothing was changed")...)
			same(t, "state", n.State(), before)
		})
	}
}

func TestWhatAnEarlierRunLeftIsNotByHand(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	for _, file := range fake.Service("web", "r0").Files {
		n.Put(file.Path, file.Content)
	}
	must(t, n.Consul.Reload(context.Background()))
	apply(t, n, fake.Service("web", "r1"))
}
