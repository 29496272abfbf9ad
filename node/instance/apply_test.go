package instance_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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
	// THEN Consul registered it with a result, and reads the file without one after a restart
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

func TestConsulsServersKnowANewSidecarAsCriticalBeforeTheAgentRegistersIt(t *testing.T) {
	t.Parallel()
	for _, direct := range []bool{true, false} {
		n := fake.New(t)
		release := fake.Service("web", "r1")
		release.Health.Direct = direct
		apply(t, n, release)
		requests := n.Consul.Requests()
		first, reload := slices.Index(requests, "pre-register web-sidecar-proxy"), slices.Index(requests, "reload")
		if first < 0 || first > reload {
			t.Errorf("%v: %q", direct, requests)
		}
		// AND they are not told again of one that is there
		n.Forget()
		apply(t, n, fake.Service("web", "r2", "-verbose"))
		lacks(t, strings.Join(n.Consul.Requests(), "\n"), "pre-register")
	}
}

func TestANewInstanceIsRegisteredAlsoWhereTheServersCannotBeToldBefore(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	n.Consul.Fault = func(request string) error {
		if strings.HasPrefix(request, "pre-register") {
			return errors.New("no leader")
		}
		return nil
	}
	apply(t, n, fake.Service("web", "r1"))
	contains(t, n.Printed(), "calls may be sent to web before it takes them", "no leader", "web serves")
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
	// WHEN a release with another command is applied
	apply(t, n, fake.Service("web", "r2", "-verbose"))
	// THEN the sidecar goes on
	same(t, "restarts", restarts(n), []string{"web.service"})
	if reloads(n) != 0 {
		t.Error("Consul reloaded for nothing")
	}
	// AND since it is the only instance, its port was held, and is released
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

func TestApplyingAgainRegistersWhatTheDefinitionSays(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	before := n.State()
	one, _ := n.Consul.Registered("web")
	one.Rest.Address = "10.66.6.6"
	n.Consul.Register(one, "of web")
	n.Forget()
	apply(t, n, fake.Service("web", "r1"))
	same(t, "restarts", restarts(n), []string(nil))
	same(t, "state", n.State(), before)
	if now, _ := n.Consul.Registered("web"); now.Rest.Address != "" || reloads(n) != 1 {
		t.Errorf("%d reloads, address %q", reloads(n), now.Rest.Address)
	}
}

func TestAReleaseIsAskedOverHTTPWhereItsCheckIs(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	release := fake.Service("web", "r1")
	release.Health.URL = n.Envoys.URL + "/health"
	apply(t, n, release)
	before := n.State()
	// The message shows a page with an error, without its control characters.
	n.Envoys.SetHealth(http.StatusInternalServerError)
	release = fake.Service("web", "r2", "-verbose")
	release.Health.URL = n.Envoys.URL + "/health"
	n.Forget()
	err := n.Apply(context.Background(), release, nil)
	refused(t, err, "web is not healthy")
	contains(t, n.Printed(), `/health answers: status 500, "the page of [31mhealth"`)
	lacks(t, n.Printed(), "\x1b")
	same(t, "state", n.State(), before)
}

func TestAServiceThatOtherNodesReachDirectlyIsReported(t *testing.T) {
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

// keptACopy checks that the copy exists that was printed.
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

func TestServicesNamedLikeTheProgramsLocksDoNotWaitForThemselves(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	for _, name := range []string{"node", "binaries", "machine", "sweep"} {
		apply(t, n, n.WithBinary(fake.Service(name, "r1"), "program of "+name))
		must(t, n.Remove(context.Background(), name))
	}
}

func TestTheLoadedReleaseIsTheAppliedOne(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	release, there := instance.Current(n.Host, "web")
	if !there || release.Release != "r1" || len(release.Files) != 5 || release.Upstreams[0].Name != "backend" {
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
	// THEN systemd has it as enabled, and no process was restarted
	same(t, "units", n.Units.State(), before)
	lacks(t, strings.Join(n.Units.Calls(), "\n"), "restart")
}

func TestAReleaseThatOpensNoPortIsAwayNoLongerThanItMayTakeToStart(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	n.Timing.Health = time.Minute
	silent := fake.Service("web", "r2", fake.DoesNotListen)
	silent.Health.StartSeconds = 0.05
	began := time.Now()
	refused(t, n.Apply(context.Background(), silent, nil), "went back to release r1, which serves")
	contains(t, n.Printed(), "web.service runs, and did not serve within 50ms: if it takes longer to start, declare health.startTimeout")
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("nothing served for %s", took)
	}
}

func TestCallsToAnotherPortAreHeldBackBeforeConsulNamesIt(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	moved := fake.Service("web", "r2")
	moved.Port = 9011
	for i, file := range moved.Files {
		moved.Files[i].Content = strings.ReplaceAll(file.Content, "9001", "9011")
	}
	apply(t, n, moved)
	now, ever := n.Holds.Held()
	same(t, "held before Consul reloads, and while the process restarts", ever, []string{"web [9011]", "web [9011]"})
	same(t, "held in the end", len(now), 0)
}
