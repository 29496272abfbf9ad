package instance_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
	"gatehouse/node/systemd"
)

// steady has to run this long without ending.
func steady(release document.Instance) document.Instance {
	release.Health.SteadySeconds = 0.05
	return release
}

// ending has the processes of a unit end soon after their start when their unit has this word.
func ending(n *fake.Node, word string) {
	start := n.Units.OnStart
	n.Units.OnStart = func(unit string) error {
		if text, _ := n.Host.Read(host.UnitDir + "/" + unit); strings.Contains(string(text), word) {
			go func() {
				for state, _ := n.Units.Unit(context.Background(), unit); !state.Active(); state, _ = n.Units.Unit(context.Background(), unit) {
					time.Sleep(time.Millisecond)
				}
				n.Units.Set(systemd.Unit{Name: unit, ActiveState: "activating", SubState: "auto-restart", UnitFileState: "enabled"})
			}()
		}
		return start(unit)
	}
}

func TestAJobIsAUnitAlone(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	before := n.State()
	apply(t, n, fake.Job("job", "r1"))
	same(t, "units", n.Units.State(), "job.service active enabled")
	same(t, "requests to Consul", reloads(n), 0)
	if registered, _ := n.Consul.Registrations(context.Background()); len(registered) > 0 {
		t.Errorf("Consul knows %v", registered)
	}
	n.Forget()
	apply(t, n, fake.Job("job", "r2", "-other"))
	same(t, "restarts", restarts(n), []string{"job.service"})
	lacks(t, n.Printed(), "was away")
	must(t, n.Rollback(context.Background(), "job"))
	same(t, "release", current(n, "job"), "r1")
	must(t, n.Remove(context.Background(), "job"))
	same(t, "state", n.State(), before)
}

func TestAWorkerStartsAfterItsSidecar(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Worker("worker", "r1"))
	same(t, "restarts", restarts(n), []string{"worker-sidecar-proxy.service", "worker.service"})
	registered, _ := n.Consul.Registrations(context.Background())
	for _, one := range registered {
		if one.ID == "worker" && one.Port != 0 {
			t.Errorf("it is registered with port %d", one.Port)
		}
	}
	same(t, "registrations", len(registered), 2)
	n.Forget()
	apply(t, n, fake.Worker("worker", "r2", "-other"))
	same(t, "restarts", restarts(n), []string{"worker.service"})
}

func TestAJobThatEndsIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(string, string, ...string) document.Instance{"job": fake.Job, "worker": fake.Worker} {
		n := fake.New(t)
		ending(n, "-ends")
		apply(t, n, steady(of(name, "r1")))
		before := n.State()
		err := n.Apply(context.Background(), steady(of(name, "r2", "-ends")), nil)
		refused(t, err, "went back to release r1, which serves")
		contains(t, n.Printed(), name+".service ended, and has to run for at least 50ms")
		same(t, "state of "+name, n.State(), before)
	}
}

func TestAFirstJobThatEndsLeavesNothing(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	ending(n, "-ends")
	before := n.State()
	refused(t, n.Apply(context.Background(), steady(fake.Job("job", "r1", "-ends")), nil), "there is no earlier release: it was removed again")
	same(t, "state", n.State(), before)
	refused(t, n.Apply(context.Background(), steady(fake.Worker("job", "r1", "-ends")), nil), "there is no earlier release: it was removed again")
	same(t, "state", n.State(), before)
}

func TestAServiceBecomesAJobAndBack(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	serving := n.Units.State()
	apply(t, n, fake.Worker("web", "r2"))
	same(t, "units", n.Units.State(), serving)
	apply(t, n, fake.Job("web", "r3"))
	same(t, "units of the job", n.Units.State(), "web.service active enabled")
	if registered, _ := n.Consul.Registrations(context.Background()); len(registered) > 0 {
		t.Errorf("Consul still knows %v", registered)
	}
	must(t, n.Rollback(context.Background(), "web"))
	same(t, "units", n.Units.State(), serving)
	apply(t, n, fake.Service("web", "r4"))
	same(t, "units", n.Units.State(), serving)
}

func TestAJobTakesNothingOverThatAPersonMade(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	n.Put(host.UnitDir+"/job.service", "[Service]\nExecStart=/usr/bin/own\n")
	must(t, n.Units.Start(context.Background(), "job.service"))
	before := n.State()
	release := fake.Job("job", "r1")
	release.TakeOver = true
	refused(t, n.Apply(context.Background(), release, nil), "in use on this node by hand", "takes nothing over")
	same(t, "state", n.State(), before)
}
