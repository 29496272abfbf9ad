package instance_test

import (
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
)

func TestTheNameOfAnotherMeshIsRefused(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	n.Put(host.RecordFile("other"), `{"mesh": "other", "node": "worker1"}`)
	n.Put(host.UnitDir+"/left.service", fake.Written+"[Unit]\nDescription=left, a service of mesh shop\n")
	n.Put(host.ConsulDir+"/defined.hcl", fake.Written+"service {\n  meta = {\n    gatehouse-mesh = \"shop\"\n  }\n}\n")
	before := n.State()
	for _, name := range []string{"web", "left", "defined"} {
		release := fake.Service(name, "r2")
		release.Mesh = "other"
		refused(t, n.Apply(t.Context(), release, nil), name+" is of the mesh shop on this node, and the deploy is of other: nothing was changed")
	}
	same(t, "state", n.State(), before)
}

func TestAnInstanceOfAnEarlierVersionBelongsToTheNodesMesh(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	release := fake.Service("web", "r1")
	release.Mesh = ""
	apply(t, n, release)
	if owner := instance.OwnerOf(n.Host, "web"); owner != "shop" {
		t.Errorf("owner: %q", owner)
	}
}

// The definition of this version names the mesh; that of an earlier version did not.
func TestAnUpgradeRestartsNoUnit(t *testing.T) {
	t.Parallel()
	for _, release := range []document.Instance{fake.Service("web", "r1"), fake.Gateway("front", "r1")} {
		n := fake.New(t)
		must(t, n.Host.Rename(host.RecordFile("shop"), host.NodeFile))
		apply(t, n, release)
		n.Forget()
		marked := withDefinition(release, "name = ", "meta = {\n    gatehouse-mesh = \"shop\"\n  }\n  name = ")
		marked.Release = "r2"
		apply(t, n, marked)
		same(t, "restarts", restarts(n), []string(nil))
		contains(t, n.Text(host.ConsulDir+"/"+release.Name+".hcl"), "gatehouse-mesh")
		contains(t, n.Printed(), "serves (restarted: nothing)")
		lacks(t, strings.Join(n.Units.Calls(), "\n"), "stop", "restart")
	}
}

func TestABinaryOfTwoMeshesStaysForTheOther(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	release := n.WithBinary(fake.Service("web", "r1"), "program")
	apply(t, n, release)
	n.Put(host.Binaries+"/"+release.Binary.SHA256+"/.used-by-other", "")
	must(t, instance.DropBinary(n.Host, "shop", release.Binary.SHA256, false))
	same(t, "files", n.Host.List(host.Binaries+"/"+release.Binary.SHA256), []string{".used-by-other", "web"})
	must(t, instance.DropBinary(n.Host, "other", release.Binary.SHA256, true))
	same(t, "files", n.Host.List(host.Binaries+"/"+release.Binary.SHA256), []string{"web"})
	must(t, instance.DropBinary(n.Host, "other", release.Binary.SHA256, false))
	same(t, "files", n.Host.List(host.Binaries), []string(nil))
}
