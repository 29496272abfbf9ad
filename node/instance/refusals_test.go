package instance_test

import (
	"context"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
)

func TestADocumentThatWouldWriteElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	before := n.State()
	for _, change := range []func(*document.Instance){
		func(release *document.Instance) { release.Name = "../../etc/passwd" },
		func(release *document.Instance) { release.Name = "|.|" },
		func(release *document.Instance) { release.Name = "a b\n" },
		func(release *document.Instance) { release.Name = "consul" },
		func(release *document.Instance) { release.Name = "gatehouse-drain" },
		func(release *document.Instance) { release.Release = "../r1" },
		func(release *document.Instance) { release.Files[0].Path = "/etc/consul.d/consul.hcl" },
		func(release *document.Instance) {
			release.Files[1].Path = "/etc/systemd/system/../system/other.service"
		},
		func(release *document.Instance) { release.Binary = &document.Binary{SHA256: "..", Name: "web"} },
		func(release *document.Instance) { release.Binary = &document.Binary{SHA256: "ab", Name: "../../web"} },
	} {
		release := fake.Service("web", "r1")
		change(&release)
		if err := n.Apply(context.Background(), release, nil); err == nil {
			t.Errorf("accepted: %q %q", release.Name, release.Release)
		}
	}
	same(t, "state", n.State(), before)
	for _, name := range []string{"../../etc", "consul", ".."} {
		if n.Rollback(context.Background(), name) == nil || n.Remove(context.Background(), name) == nil {
			t.Errorf("accepted: %q", name)
		}
	}
	same(t, "state", n.State(), before)
}

func TestANodeOfAnotherMeshOfAnEarlierVersionIsRefused(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	must(t, n.Host.Remove(host.RecordFile("shop")))
	n.Put(host.NodeFile, `{"mesh": "shop", "node": "worker1"}`)
	before := n.State()
	release := fake.Service("web", "r1")
	release.Mesh = "other"
	refused(t, n.Apply(context.Background(), release, nil), "this node belongs to the mesh shop", "nothing was changed")
	same(t, "state", n.State(), before)
}
