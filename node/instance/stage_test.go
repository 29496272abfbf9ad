package instance_test

import (
	"context"
	"os"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
)

func TestSecretVariablesAreInAFileThatOnlyRootReads(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	release := fake.Service("web", "r1")
	release.Secrets = []document.SecretVariable{{Name: "PASSWORD", Version: "1"}}
	must(t, n.Apply(context.Background(), release, map[string]string{"PASSWORD": `a "quoted" $word`}))
	path := "/opt/gatehouse/secrets/web.env"
	same(t, "file", n.Text(path), `PASSWORD="a \"quoted\" \$word"`+"\n")
	if !n.Host.Owns(path, 0o600, host.Owner{}) {
		t.Error("others may read it")
	}
	// A change of only the value restarts only the service.
	n.Forget()
	release.Release, release.Secrets = "r2", []document.SecretVariable{{Name: "PASSWORD", Version: "2"}}
	must(t, n.Apply(context.Background(), release, map[string]string{"PASSWORD": "other"}))
	same(t, "restarts", restarts(n), []string{"web.service"})
	// A release without secrets leaves none.
	apply(t, n, fake.Service("web", "r3", "-open"))
	if n.Host.Exists(path) {
		t.Error("the secrets are still there")
	}
	// And going back restores them.
	must(t, n.Rollback(context.Background(), "web"))
	same(t, "file", n.Text(path), "PASSWORD=\"other\"\n")
}

func TestASecretThatIsNoLineOfTextIsRefused(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	before := n.State()
	release := fake.Service("web", "r1")
	release.Secrets = []document.SecretVariable{{Name: "PASSWORD", Version: "1"}}
	refused(t, n.Apply(context.Background(), release, map[string]string{"PASSWORD": "a\nb"}), "the value of PASSWORD", "nothing was changed")
	same(t, "state", n.State(), before)
}

func TestAnUploadedBinaryIsCheckedAndTaken(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	release := n.WithBinary(fake.Service("web", "r1"), "program one")
	apply(t, n, release)
	path := host.Binaries + "/" + release.Binary.SHA256 + "/web"
	same(t, "binary", n.Text(path), "program one")
	if !n.Host.Owns(path, 0o755, host.Owner{}) {
		t.Error("the binary cannot be executed")
	}
	same(t, "uploads", n.Host.List(instance.Incoming("shop")), []string(nil))
	// A process of an altered file is replaced by one of the right file.
	must(t, os.WriteFile(n.Host.Path(path), []byte("altered"), 0o755))
	must(t, n.Units.Restart(context.Background(), "web.service"))
	n.Put(instance.Incoming("shop")+"/"+release.Binary.SHA256, "program one")
	n.Forget()
	apply(t, n, release)
	same(t, "restarts", restarts(n), []string{"web.service"})
	same(t, "binary", n.Text(path), "program one")
}

func TestABinaryThatDidNotArriveWholeIsRefused(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	before := n.State()
	release := n.WithBinary(fake.Service("web", "r1"), "program one")
	upload := instance.Incoming("shop") + "/" + release.Binary.SHA256
	n.Put(upload, "program o")
	refused(t, n.Apply(context.Background(), release, nil), "did not arrive whole, or is another one", release.Binary.Resource, "nothing was changed")
	same(t, "state", n.State(), before)
	same(t, "binaries", n.Host.List(host.Binaries), []string(nil))
	if n.Host.Exists(upload) {
		t.Error("the upload is still there")
	}
	refused(t, n.Apply(context.Background(), release, nil), "is not on this node", release.Binary.Resource)
}
