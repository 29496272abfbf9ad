package instance_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
)

const (
	webSocket  = "gatehouse-health-web.socket"
	webSandbox = "gatehouse-health-web.service"
)

// withScript adds the units of a health script to a release.
func withScript(release document.Instance, script string) document.Instance {
	for unit, text := range map[string]string{
		webSocket:  "[Unit]\nDescription=Where Consul asks for the health script of web, a service of mesh shop\n",
		webSandbox: "[Unit]\nDescription=Health script of web, a service of mesh shop\n[Service]\nExecStart=" + script + "\n",
	} {
		release.Files = append(release.Files, document.File{Path: filepath.Join(host.UnitDir, unit), Mode: "0644", Content: fake.Written + text})
	}
	return release
}

func TestTheSocketOfAHealthScriptIsThereBeforeTheAgentAsks(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, withScript(fake.Service("web", "r1"), "/bin/check"))
	same(t, "units", n.Units.State(), webSocket+" active enabled\nweb-sidecar-proxy.service active enabled\nweb.service active enabled")

	apply(t, n, fake.Service("web", "r2"))
	n.Forget()
	apply(t, n, withDefinition(withScript(fake.Service("web", "r3"), "/bin/check"), `tcp      = "127.0.0.1:9001"`, `args = ["ask"]`))
	started := -1
	for at, call := range n.Units.Calls() {
		if call == "start "+webSocket {
			started = at
		}
	}
	if started < 0 || reloads(n) != 1 {
		t.Errorf("%q", n.Units.Calls())
	}
	for _, unit := range restarts(n) {
		if unit == "web.service" || unit == "web-sidecar-proxy.service" {
			t.Errorf("%s restarts for another health check", unit)
		}
	}
}

func TestAnotherHealthScriptRestartsItsSandboxAlone(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, withScript(fake.Service("web", "r1"), "/bin/check"))
	n.Forget()
	apply(t, n, withScript(fake.Service("web", "r2"), "/bin/other"))
	same(t, "restarted", restarts(n), []string{webSocket})
}

func TestAServiceThatLosesItsHealthScriptKeepsNoUnitOfIt(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, withScript(fake.Service("web", "r1"), "/bin/check"))
	must(t, n.Units.Start(context.Background(), webSandbox)) // the agent has asked
	apply(t, n, fake.Service("web", "r2"))
	if state := n.Units.State(); strings.Contains(state, "health") {
		t.Error(state)
	}
	for _, unit := range []string{webSocket, webSandbox} {
		if n.Host.Exists(filepath.Join(host.UnitDir, unit)) {
			t.Errorf("%s is left", unit)
		}
	}
}

func TestAReleaseWithAScriptThatDoesNotServeLeavesNoUnitOfIt(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	before := n.State()
	refused(t, n.Apply(context.Background(), withScript(fake.Service("web", "r2", fake.DoesNotStart), "/bin/check"), nil), "went back to release r1, which serves")
	same(t, "state", n.State(), before)
}

func TestARemovalEndsWithNoUnitOfTheHealthScript(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	before := n.State()
	apply(t, n, withScript(fake.Service("web", "r1"), "/bin/check"))
	must(t, n.Units.Start(context.Background(), webSandbox))
	must(t, n.Remove(context.Background(), "web"))
	same(t, "state", n.State(), before)
}

func TestAGatewayHasNoHealthScript(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	refused(t, n.Apply(context.Background(), withScript(fake.Gateway("web", "r1"), "/bin/check"), nil), "which is not a path of this instance")
}
