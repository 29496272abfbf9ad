package instance_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/fence"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
)

const theirs = "nginx.service"

// theirUnit is a unit of others that listens on the port of a release.
func theirUnit(n *fake.Node) {
	n.Put(host.UnitDir+"/"+theirs, "[Unit]\nDescription=By hand\n[Service]\nExecStart=/usr/sbin/nginx -port 9001\n[Install]\nWantedBy=multi-user.target\n")
	n.Start(theirs)
	n.Forget()
}

// untouched returns a check that the unit of others is as it is now, and that nothing was asked of systemd that changes it.
func untouched(t *testing.T, n *fake.Node) func() {
	t.Helper()
	look := func() string {
		unit, err := n.Units.Unit(context.Background(), theirs)
		must(t, err)
		return fmt.Sprintf("%+v\n%s", unit, n.Text(host.UnitDir+"/"+theirs))
	}
	before := look()
	return func() {
		t.Helper()
		same(t, theirs, look(), before)
		lacks(t, strings.Join(n.Units.Calls(), "\n"), theirs)
	}
}

// served by the unit of others. The service has the name of the unit: nothing may take that for its own.
func served(release string) document.Instance {
	return fake.OfUnit(theirs, fake.Service("nginx", release))
}

func TestAUnitOfOthersIsRegisteredAndNeverTouched(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	theirUnit(n)
	check := untouched(t, n)
	// A first release, one that changes something, and the way back.
	apply(t, n, served("r1"))
	same(t, "units", n.Units.State(), "nginx-sidecar-proxy.service active enabled\nnginx.service active enabled")
	if _, there := n.Consul.Registered("nginx"); !there {
		t.Error("it is not registered")
	}
	same(t, "fenced ports", n.Fences.Ports(), []int{5000, 8500, 8501, 8502, 8503, 19000})
	check()
	changed := withDefinition(served("r2"), "port = 9001", "port = 9001\n  tags = [\"two\"]")
	changed.Drain = true
	n.Consul.Others = map[string][]string{"nginx": {"worker2"}}
	apply(t, n, changed)
	contains(t, strings.Join(n.Consul.Requests(), "\n"), "maintenance nginx on")
	check()
	must(t, n.Rollback(context.Background(), "nginx"))
	same(t, "release", current(n, "nginx"), "r1")
	check()
	// One that does not serve.
	wrong := served("r3")
	wrong.Port = 9009
	n.Consul.Others = nil
	refused(t, n.Apply(context.Background(), wrong, nil), "nginx is not healthy", "went back to release r1, which serves")
	same(t, "release", current(n, "nginx"), "r1")
	check()
	// And gone.
	must(t, n.Remove(context.Background(), "nginx"))
	same(t, "units", n.Units.State(), "nginx.service active enabled")
	for _, path := range []string{instance.Home("nginx"), host.ConsulDir + "/nginx.hcl", host.UnitDir + "/nginx-sidecar-proxy.service", fence.Path("nginx")} {
		if n.Host.Exists(path) {
			t.Errorf("%s is left", path)
		}
	}
	if _, there := n.Consul.Registered("nginx"); there {
		t.Error("it is still registered")
	}
	same(t, "kept", n.Kept(), []string(nil))
	check()
}

func TestAFirstReleaseThatFailsLeavesTheUnitOfOthersAsItWas(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	theirUnit(n)
	check := untouched(t, n)
	before := n.State()
	wrong := served("r1")
	wrong.Port = 9009
	refused(t, n.Apply(context.Background(), wrong, nil), "there is no earlier release: it was removed again")
	same(t, "state", n.State(), before)
	contains(t, n.Printed(), "nothing listens on 127.0.0.1:9009", "the last lines of nginx.service")
	check()
}

func TestAUnitOfOthersThatDoesNotRunIsRefusedBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		prepare func(n *fake.Node)
		unit    string
		told    []string
	}{
		"not there":    {func(*fake.Node) {}, theirs, []string{"there is no unit nginx.service on this node", "run.unit"}},
		"stopped":      {func(n *fake.Node) { theirUnit(n); must(t, n.Units.Stop(context.Background(), theirs)) }, theirs, []string{"nginx.service", "is inactive", "no deploy starts it"}},
		"a mesh's own": {func(n *fake.Node) { apply(t, n, fake.Service("shop", "r1")) }, "shop.service", []string{"was written by Gatehouse", "sameProcessAs"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := fake.New(t)
			one.prepare(n)
			n.Forget()
			before := n.State()
			release := fake.OfUnit(one.unit, fake.Service("web", "r1"))
			refused(t, n.Apply(context.Background(), release, nil), append(one.told, "nothing was changed")...)
			same(t, "state", n.State(), before)
			same(t, "calls", n.Units.Calls(), []string(nil))
		})
	}
}

func TestADocumentNamesNoUnitOfTheNodeItself(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	for unit, told := range map[string]string{
		"consul.service": "the node's own", "gatehouse-drain.service": "the node's own", "../web.service": "not the name", "web.timer": "not the name",
	} {
		refused(t, n.Apply(context.Background(), fake.OfUnit(unit, fake.Service("web", "r1")), nil), told)
	}
	// A release of a unit of others has no unit of its own among its files.
	release := fake.Service("web", "r1")
	release.Unit = theirs
	refused(t, n.Apply(context.Background(), release, nil), "/etc/systemd/system/web.service, which is not a path of this instance")
	gateway := fake.Gateway("edge", "r1")
	gateway.Unit = theirs
	refused(t, n.Apply(context.Background(), gateway, nil), "edge is a gateway")
}

func TestAServiceMovesToAUnitOfOthersAndBack(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	own := fake.Service("web", "r1")
	own.Port = 9002
	for i, file := range own.Files {
		own.Files[i].Content = strings.ReplaceAll(file.Content, "9001", "9002")
	}
	apply(t, n, own)
	theirUnit(n)
	check := untouched(t, n)
	apply(t, n, fake.OfUnit(theirs, fake.Service("web", "r2")))
	same(t, "units", n.Units.State(), "nginx.service active enabled\nweb-sidecar-proxy.service active enabled")
	for _, path := range []string{host.UnitDir + "/web.service", host.EnvDir + "/web.env"} {
		if n.Host.Exists(path) {
			t.Errorf("%s is left", path)
		}
	}
	check()
	must(t, n.Rollback(context.Background(), "web"))
	same(t, "units", n.Units.State(), "nginx.service active enabled\nweb-sidecar-proxy.service active enabled\nweb.service active enabled")
	check()
}

func TestAReleaseDoesNotTakeTheNameOfTheUnitOfOthers(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	theirUnit(n)
	check := untouched(t, n)
	apply(t, n, served("r1"))
	before := n.State()
	refused(t, n.Apply(context.Background(), fake.Service("nginx", "r2"), nil), "nginx.service is a unit of others", "another name", "nothing was changed")
	same(t, "state", n.State(), before)
	check()
}

func TestATakeoverLeavesTheUnitOfOthersRunning(t *testing.T) {
	t.Parallel()
	for name, release := range map[string]document.Instance{"that serves": served("r1"), "that does not serve": func() document.Instance {
		release := served("r1")
		release.SidecarPort = 21009
		return release
	}()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := fake.New(t)
			n.Put("/etc/consul.d/10-nginx.hcl", "service {\n  name = \"nginx\"\n  port = 9001\n  connect {\n    sidecar_service {\n      port = 21500\n    }\n  }\n}\n")
			n.Put("/etc/systemd/system/nginx-envoy.service", "[Service]\nExecStart=consul connect envoy -sidecar-for nginx -admin-bind 127.0.0.1:19500 -port 21500\n")
			n.Start("nginx-envoy.service")
			theirUnit(n)
			must(t, n.Consul.Reload(context.Background()))
			check := untouched(t, n)
			token(n, "nginx")
			before := n.State()
			refused(t, n.Apply(context.Background(), release, nil), "in use on this node by hand", "nginx-envoy.service", `takeOver: { services: ["nginx"] }`)
			same(t, "state", n.State(), before)
			err := n.Apply(context.Background(), takingOver(release), nil)
			check()
			now, ever := n.Holds.Held()
			same(t, "held", len(now), 0)
			lacks(t, strings.Join(ever, "\n"), "9001")
			if release.SidecarPort == 21009 {
				refused(t, err, "what was made by hand is back")
				same(t, "state", n.State(), before)
				return
			}
			must(t, err)
			same(t, "units", n.Units.State(), "nginx-sidecar-proxy.service active enabled\nnginx.service active enabled")
		})
	}
}
