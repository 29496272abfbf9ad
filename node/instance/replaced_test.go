package instance_test

import (
	"context"
	"path/filepath"
	"testing"

	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
)

const byPerson = "[Service]\nExecStart=/usr/bin/mine -port 9001\n"

// backups of a file.
func backups(n *fake.Node, path string) []string {
	found, _ := filepath.Glob(n.Host.Path(host.Backups) + "/*" + path)
	return found
}

func TestAUnitThatAPersonPutInPlaceOfOursStaysWhenTheNameIsRemoved(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	unit := host.UnitDir + "/web.service"
	n.Put(unit, byPerson)
	must(t, n.Units.DaemonReload(context.Background()))
	must(t, n.Units.Restart(context.Background(), "web.service"))
	must(t, n.Remove(context.Background(), "web"))
	same(t, "unit", n.Text(unit), byPerson)
	same(t, "units", n.Units.State(), "web.service active enabled")
	for _, path := range []string{instance.Home("web"), host.ConsulDir + "/web.hcl", host.UnitDir + "/web-sidecar-proxy.service", host.EnvDir + "/web.env"} {
		if n.Host.Exists(path) {
			t.Errorf("%s is left", path)
		}
	}
	contains(t, n.Printed(), unit+" stays")
}

func TestADefinitionThatAPersonPutInPlaceOfOursStaysAndIsCalled(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	path := host.ConsulDir + "/web.hcl"
	definition := "service {\n  id   = \"web\"\n  name = \"web\"\n  port = 9001\n}\n"
	n.Put(path, definition)
	n.Put(host.UnitDir+"/web.service", byPerson)
	must(t, n.Units.DaemonReload(context.Background()))
	must(t, n.Consul.Reload(context.Background()))
	must(t, n.Remove(context.Background(), "web"))
	same(t, "definition", n.Text(path), definition)
	same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
	if _, there := n.Consul.Registered("web"); !there {
		t.Error("the registration is gone")
	}
}

func TestASidecarsUnitOfAPersonStaysWhenTheServiceBecomesAGateway(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	unit := host.UnitDir + "/web-sidecar-proxy.service"
	n.Put(unit, byPerson)
	must(t, n.Units.DaemonReload(context.Background()))
	apply(t, n, fake.Gateway("web", "r2"))
	same(t, "unit", n.Text(unit), byPerson)
	contains(t, n.Units.State(), "web-sidecar-proxy.service active enabled")
}

func TestACopyIsKeptOfWhatAPersonPutInPlaceOfOursAndADeployReplaces(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	unit := host.UnitDir + "/web.service"
	n.Put(unit, byPerson)
	must(t, n.Units.DaemonReload(context.Background()))
	apply(t, n, fake.Service("web", "r2"))
	if found := backups(n, unit); len(found) != 1 {
		t.Errorf("copies: %q", found)
	}
	apply(t, n, fake.Service("web", "r3", "-more"))
	if found := backups(n, unit); len(found) != 1 {
		t.Errorf("copies of our own: %q", found)
	}
}

func TestANameWhoseRecordCannotBeReadIsNotClaimed(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	path := instance.Home("web") + "/history.json"
	n.Put(path, `{"mesh": "sto`) // of another mesh, half written
	refused(t, instance.Claim(context.Background(), n.Host, fake.Owner, "web"), path+" cannot be read", "nothing was changed")
	same(t, "record", n.Text(path), `{"mesh": "sto`)
}
