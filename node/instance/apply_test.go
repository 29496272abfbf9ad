package instance_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
)

func TestTheFirstReleaseIsIntroducedToConsulWithTheResultThatItsCheckHas(t *testing.T) {
	t.Parallel()
	// GIVEN a node with the token of an instance
	n := fake.New(t)
	token(n, "web")
	// WHEN its first release is applied
	apply(t, n, fake.Service("web", "r1"))
	// THEN Consul heard of it with a result, and reads the file without one when it starts again
	if !n.Consul.IntroducedPassing("web") {
		t.Error("the agent was left to look for itself")
	}
	definition := n.Text("/etc/consul.d/web.hcl")
	lacks(t, definition, "status")
	contains(t, definition, "service {\n  token = \"secret-of-web\"\n  id   = \"web\"")
	// AND only Consul may read the token
	if !n.Host.Owns("/etc/consul.d/web.hcl", 0o640, host.ConsulMayRead) {
		t.Error("the definition has another mode or owner")
	}
	if n.Units.State() != "web-sidecar-proxy.service active enabled\nweb.service active enabled" {
		t.Error(n.Units.State())
	}
	same(t, "current", current(n, "web"), "r1")
	same(t, "kept", n.Kept(), []string(nil))
	contains(t, n.Printed(), "gatehouse: web serves (restarted: web.service web-sidecar-proxy.service)")
	lacks(t, n.Text("/opt/gatehouse/instances/web/releases/r1/instance.json"), "secret-of-web")
}

func TestAServiceWhoseCheckOnlyConsulCanDoIsKnownToConsulBeforeItIsWell(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	release := fake.Service("web", "r1")
	release.Health.Direct = false
	apply(t, n, release)
	if n.Consul.IntroducedPassing("web") {
		t.Error("it was given a result that nothing had seen")
	}
}

func TestTheFirstReleaseOfAGatewayServes(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Gateway("edge", "r1"))
	same(t, "units", n.Units.State(), "edge.service active enabled")
	contains(t, n.Printed(), "edge serves (restarted: edge.service)")
}

func TestAReleaseRestartsOnlyTheUnitsWhoseContentChanged(t *testing.T) {
	t.Parallel()
	// GIVEN a release in service
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	n.Forget()
	// WHEN one comes with another command
	apply(t, n, fake.Service("web", "r2", "-verbose"))
	// THEN the sidecar goes on
	same(t, "restarts", restarts(n), []string{"web.service"})
	if reloads(n) != 0 {
		t.Error("Consul reloaded for nothing")
	}
	// AND since it is the only instance its port was held, and is not any more
	held, ever := n.Holds.Held()
	same(t, "held ever", ever, []string{"web [9001]"})
	if len(held) > 0 {
		t.Errorf("still held: %v", held)
	}
	contains(t, n.Printed(), "it is the only instance that serves")
}

func TestAChangedEnvironmentRestartsTheServiceAlone(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	n.Forget()
	release := fake.Service("web", "r2")
	release.Files[3].Content = "LEVEL=\"debug\"\n"
	apply(t, n, release)
	same(t, "restarts", restarts(n), []string{"web.service"})
	contains(t, n.Procs.State(), `LEVEL="debug"`)
}

func TestAChangeOfTheDefinitionAloneReloadsConsulAndRestartsNothing(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	n.Forget()
	apply(t, n, withDefinition(fake.Service("web", "r2"), `name     = "health"`, `name     = "is it well"`))
	same(t, "restarts", restarts(n), []string(nil))
	if reloads(n) != 1 {
		t.Errorf("%d reloads", reloads(n))
	}
	contains(t, n.Consul.State(), "is it well")
	contains(t, n.Printed(), "web serves (restarted: nothing)")
}

func TestApplyingTheSameReleaseAgainChangesNothing(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	before := n.State()
	n.Forget()
	apply(t, n, fake.Service("web", "r1"))
	same(t, "state", n.State(), before)
	same(t, "restarts", restarts(n), []string(nil))
	if reloads(n) != 0 {
		t.Error("Consul reloaded")
	}
}

func TestAnInstanceIsDrainedWhereAnotherNodeServes(t *testing.T) {
	t.Parallel()
	// GIVEN an instance that runs on another node too
	n := fake.New(t)
	release := fake.Service("web", "r1")
	release.Drain = true
	apply(t, n, release)
	n.Consul.Others = map[string][]string{"web": {"worker2"}}
	n.Forget()
	// WHEN a release restarts it
	release = fake.Service("web", "r2", "-verbose")
	release.Drain = true
	apply(t, n, release)
	// THEN callers went to the other node meanwhile, and come back
	requests := strings.Join(n.Consul.Requests(), "\n")
	contains(t, requests, "maintenance web on", "maintenance web-sidecar-proxy on", "maintenance web off")
	same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
	_, ever := n.Holds.Held()
	same(t, "held ever", ever, []string(nil))
}

func TestAnInstanceThatNoOtherNodeOffersIsNotDrained(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	for _, release := range []document.Instance{fake.Service("web", "r1"), fake.Service("web", "r2", "-verbose")} {
		release.Drain = true
		n.Forget()
		apply(t, n, release)
	}
	contains(t, n.Printed(), "no other instance of web passes its checks, so this one is not drained")
	lacks(t, strings.Join(n.Consul.Requests(), "\n"), "maintenance web on")
}

func TestRequestsThatDoNotEndAreTold(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	n.Consul.Others = map[string][]string{"web": {"worker2"}}
	for _, release := range []document.Instance{fake.Service("web", "r1"), fake.Service("web", "r2", "-verbose")} {
		release.Drain = true
		apply(t, n, release)
		n.Envoys.SetActive(1)
	}
	contains(t, n.Printed(), "web still had requests after")
}

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
	// A change of the value alone restarts the service alone.
	n.Forget()
	release.Release, release.Secrets = "r2", []document.SecretVariable{{Name: "PASSWORD", Version: "2"}}
	must(t, n.Apply(context.Background(), release, map[string]string{"PASSWORD": "other"}))
	same(t, "restarts", restarts(n), []string{"web.service"})
	// A release without secrets leaves none.
	apply(t, n, fake.Service("web", "r3", "-open"))
	if n.Host.Exists(path) {
		t.Error("the secrets are still there")
	}
	// And going back brings them again.
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

func TestAReleaseIsAskedOverHTTPWhereItsCheckIs(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	release := fake.Service("web", "r1")
	release.Health.URL = n.Envoys.URL + "/health"
	apply(t, n, release)
	before := n.State()
	// A page that answers with an error is what the message shows, without its control characters.
	n.Envoys.SetHealth(http.StatusInternalServerError)
	release = fake.Service("web", "r2", "-verbose")
	release.Health.URL = n.Envoys.URL + "/health"
	n.Forget()
	err := n.Apply(context.Background(), release, nil)
	refused(t, err, "web is not healthy")
	contains(t, n.Printed(), "/health answers: the page of [31mhealth status 500")
	lacks(t, n.Printed(), "\x1b")
	same(t, "state", n.State(), before)
}

func TestAServiceThatOtherNodesReachPastTheMeshIsTold(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	n.Procs.OpenSockets["web.service"] = []string{"0.0.0.0:9001"}
	apply(t, n, fake.Service("web", "r1"))
	contains(t, n.Printed(), "warning: web.service also listens on 0.0.0.0:9001 for other nodes")
}

func TestAnOverrideByHandIsTakenAwayAndACopyIsKept(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	dropIn := "/etc/systemd/system/web.service.d/more.conf"
	n.Put(dropIn, "[Service]\nNice=5\n")
	n.Forget()
	apply(t, n, fake.Service("web", "r1"))
	same(t, "restarts", restarts(n), []string{"web.service"})
	if n.Host.Exists("/etc/systemd/system/web.service.d") {
		t.Error("the folder of the drop-in is still there")
	}
	keptACopy(t, n, dropIn, "[Service]\nNice=5\n")
}

// keptACopy checks that what was printed about a copy is true.
func keptACopy(t *testing.T, n *fake.Node, path, content string) {
	t.Helper()
	contains(t, n.Printed(), "kept a copy under "+host.Backups)
	for _, folder := range n.Host.List(host.Backups) {
		if n.Text(host.Backups+"/"+folder+path) == content {
			return
		}
	}
	t.Errorf("there is no copy of %s", path)
}

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

func TestServicesNamedLikeTheProgramsLocksDoNotWaitForThemselves(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	for _, name := range []string{"node", "binaries", "machine", "sweep"} {
		apply(t, n, n.WithBinary(fake.Service(name, "r1"), "program of "+name))
		must(t, n.Remove(context.Background(), name))
	}
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

func TestTheLoadedReleaseIsTheAppliedOne(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	release, there := instance.Current(n.Host, "web")
	if !there || release.Release != "r1" || len(release.Files) != 4 || release.Upstreams[0].Name != "backend" {
		t.Errorf("%+v", release)
	}
}

func TestAUnitThatAPersonDisabledIsEnabledAgainAndSystemdSaysSo(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	before := n.Units.State()
	// GIVEN a person disabled a unit, as systemctl does it: systemd reads all units again
	must(t, n.Units.Disable(context.Background(), "web.service"))
	must(t, n.Units.DaemonReload(context.Background()))
	n.Units.Forget()
	// WHEN the same release is applied
	apply(t, n, fake.Service("web", "r1"))
	// THEN systemd tells it as enabled, and no process was started again
	same(t, "units", n.Units.State(), before)
	lacks(t, strings.Join(n.Units.Calls(), "\n"), "restart")
}
