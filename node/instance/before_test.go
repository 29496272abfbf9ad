package instance_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
)

const (
	migrations     = "gatehouse-before-web.service"
	migrationsUnit = "/run/systemd/system/" + migrations
	migrationsRun  = host.Before + "/web"
)

// migrating is a release with commands that run before it. words are those of the unit that runs them.
func migrating(release document.Instance, words ...string) document.Instance {
	release.Before = &document.Before{Unit: "[Service]\nExecStart=/usr/bin/migrate " + strings.Join(words, " ") + "\n"}
	return release
}

// migrationsOf counts how often the commands were run.
func migrationsOf(n *fake.Node) int {
	count := 0
	for _, call := range n.Units.Calls() {
		if call == "start "+migrations {
			count++
		}
	}
	return count
}

func TestTheCommandsBeforeAReleaseRunOnceAndSeeItsFiles(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, configured("r1", "", "app.yaml", "a: 1\n"))
	seen := ""
	start := n.Units.OnStart
	n.Units.OnStart = func(unit string) error {
		if unit == migrations {
			seen = n.Text(migrationsRun+"/env") + n.Text(migrationsRun+"/config/app.yaml") + n.Text(host.Config+"/web/app.yaml")
		}
		return start(unit)
	}
	n.Forget()
	second := migrating(configured("r2", "", "app.yaml", "a: 2\n"))
	apply(t, n, second)
	same(t, "what the commands saw, and what serves", seen, "LEVEL=\"info\"\na: 2\na: 1\n")
	calls := n.Units.Calls()
	if before, restart := slices.Index(calls, "start "+migrations), slices.Index(calls, "restart web.service"); before < 0 || before > restart {
		t.Errorf("the commands did not run before the restart: %q", calls)
	}
	for _, path := range []string{migrationsUnit, migrationsRun} {
		if n.Host.Exists(path) {
			t.Errorf("%s is left", path)
		}
	}
	n.Forget()
	apply(t, n, second)
	apply(t, n, configured("r3", "", "app.yaml", "a: 3\n"))
	must(t, n.Rollback(context.Background(), "web"))
	apply(t, n, second)
	same(t, "further runs", migrationsOf(n), 0)
}

func TestACommandThatFailsLeavesWhatServes(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	before := n.State()
	n.Units.Journals = map[string]string{migrations: "no such table: orders"}
	failing := migrating(fake.Service("web", "r2", "-other"), fake.DoesNotStart)
	n.Forget()
	refused(t, n.Apply(context.Background(), failing, nil), "could not be put on this node", "run.before) failed", "nothing was changed")
	contains(t, n.Printed(), "no such table: orders")
	same(t, "state", n.State(), before)
	for _, call := range n.Units.Calls() {
		if strings.HasSuffix(call, " web.service") {
			t.Errorf("what serves was touched: %s", call)
		}
	}
	n.Forget()
	refused(t, n.Apply(context.Background(), failing, nil), "run.before) failed")
	same(t, "runs of the next try", migrationsOf(n), 1)
}

func TestTheCommandsOfAReleaseThatDoesNotServeRunNoSecondTime(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	broken := migrating(fake.Service("web", "r2", fake.DoesNotStart))
	n.Forget()
	refused(t, n.Apply(context.Background(), broken, nil), "went back to release r1, which serves")
	refused(t, n.Apply(context.Background(), broken, nil), "went back to release r1, which serves")
	same(t, "runs", migrationsOf(n), 1)
}

func TestTheCommandsBeforeAFirstReleaseFindItsUpstreams(t *testing.T) {
	t.Parallel()
	for kind, of := range map[string]func(string, string, ...string) document.Instance{"service": fake.Service, "worker": fake.Worker} {
		n := fake.New(t)
		open := false
		start := n.Units.OnStart
		n.Units.OnStart = func(unit string) error {
			if unit == migrations {
				open = n.Procs.Listens(5000)
			}
			return start(unit)
		}
		apply(t, n, migrating(of("web", "r1")))
		if !open {
			t.Errorf("the upstream of the %s was closed for the commands", kind)
		}
		same(t, "restarts", restarts(n), []string{"web-sidecar-proxy.service", "web.service"})
		must(t, n.Remove(context.Background(), "web"))
	}
}

func TestAFirstReleaseWhoseCommandsFailLeavesNothing(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	before := n.State()
	for _, release := range []document.Instance{fake.Service("web", "r1"), fake.Worker("web", "r1"), fake.Job("web", "r1")} {
		refused(t, n.Apply(context.Background(), migrating(release, fake.DoesNotStart), nil), "run.before) failed")
		same(t, "state", n.State(), before)
	}
}

func TestCommandsAreEndedWithTheirRun(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	before := n.State()
	ctx, cancel := context.WithCancel(context.Background())
	start := n.Units.OnStart
	n.Units.OnStart = func(unit string) error {
		if unit != migrations {
			return start(unit)
		}
		cancel()
		return errors.New("the connection broke")
	}
	if err := n.Apply(ctx, migrating(fake.Service("web", "r2")), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if unit, _ := n.Units.Unit(context.Background(), migrations); unit.Active() {
		t.Error("the commands go on")
	}
	same(t, "state", n.State(), before)
}

func TestTheCommandsOfAKilledRunAreEndedByTheNextOne(t *testing.T) {
	t.Parallel()
	kill := func(n *fake.Node) {
		n.Put(migrationsUnit, "[Service]\nExecStart=/usr/bin/migrate\n")
		n.Put(migrationsRun+"/secret.env", "KEY=secret\n")
		must(t, n.Units.Start(context.Background(), migrations))
	}
	for what, next := range map[string]func(n *fake.Node){
		"a release without commands": func(n *fake.Node) { apply(t, n, fake.Service("web", "r2", "-other")) },
		"a removal":                  func(n *fake.Node) { must(t, n.Remove(context.Background(), "web")) },
	} {
		n := fake.New(t)
		apply(t, n, fake.Service("web", "r1"))
		kill(n)
		next(n)
		if unit, _ := n.Units.Unit(context.Background(), migrations); unit.Active() {
			t.Errorf("after %s the commands go on", what)
		}
		for _, path := range []string{migrationsUnit, migrationsRun} {
			if n.Host.Exists(path) {
				t.Errorf("after %s %s is left", what, path)
			}
		}
	}
}

func TestAMissingProgramOfACommandIsSaidFirst(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	release := migrating(fake.Service("web", "r1"))
	release.Before.Programs = []string{"/usr/bin/no-such"}
	refused(t, n.Apply(context.Background(), release, nil), "/usr/bin/no-such cannot be started: there is no such file")
	same(t, "runs", migrationsOf(n), 0)
}
