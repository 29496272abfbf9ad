package instance_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/fence"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
)

// withUpstreamAt is a release whose sidecar listens for its upstream on another port.
func withUpstreamAt(release document.Instance, port string) document.Instance {
	for i := range release.Files {
		release.Files[i].Content = strings.ReplaceAll(release.Files[i].Content, "5000", port)
	}
	release.Upstreams[0].LocalPort = 5001
	return release
}

// fenced are the ports of an instance, without those of the agent.
func fenced(n *fake.Node) []int {
	return slices.DeleteFunc(n.Fences.Ports(), func(port int) bool { return port >= 8500 && port <= 8503 })
}

func TestAnInstanceIsFencedBeforeItsProcessesStartAndWithoutItNoMore(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	start := n.Units.OnStart
	n.Units.OnStart = func(unit string) error {
		same(t, "fenced at the start of "+unit, fenced(n), []int{5000, 9001, 19000})
		return start(unit)
	}
	apply(t, n, fake.Service("web", "r1"))
	same(t, "fenced", fenced(n), []int{5000, 9001, 19000})
	must(t, n.Remove(context.Background(), "web"))
	same(t, "fenced", n.Fences.Ports(), []int(nil))
}

func TestARemovalLeavesTheAgentClosed(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	n.Put(host.AgentRecord, `{"mesh": "shop"}`)
	apply(t, n, fake.Gateway("edge", "r1"))
	apply(t, n, fake.Service("web", "r1"))
	must(t, n.Remove(context.Background(), "web"))
	rules, _ := n.Fences.Read()
	if _, closed := rules.Only[8500]; !closed {
		t.Errorf("%+v", rules)
	}
}

func TestAPortThatIsLeftIsFencedUntilTheReleaseServes(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	start := n.Units.OnStart
	n.Units.OnStart = func(unit string) error {
		same(t, "fenced at the start of "+unit, fenced(n), []int{5000, 5001, 9001, 19000})
		return start(unit)
	}
	apply(t, n, withUpstreamAt(fake.Service("web", "r2", "-verbose"), "5001"))
	same(t, "fenced", fenced(n), []int{5001, 9001, 19000})
	n.Units.OnStart = start
	must(t, n.Rollback(context.Background(), "web"))
	same(t, "fenced after a rollback", fenced(n), []int{5000, 9001, 19000})
}

func TestAReleaseThatFailsLeavesTheFencesThatWereThere(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	before := n.Fences.Ports()
	start, count := n.Units.OnStart, 0
	n.Units.OnStart = func(unit string) error {
		if count++; count == 1 {
			return errors.New("exit-code")
		}
		return start(unit)
	}
	if err := n.Apply(context.Background(), withUpstreamAt(fake.Service("web", "r2", "-verbose"), "5001"), nil); err == nil {
		t.Fatal("it was to fail")
	}
	same(t, "fenced", n.Fences.Ports(), before)
}

func TestAnEarlierReleaseWithoutAFenceReachesTheAgentAgain(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	earlier := fake.Service("web", "r1")
	earlier.Files = slices.DeleteFunc(earlier.Files, func(file document.File) bool { return file.Path == fence.Path("web") })
	apply(t, n, earlier)
	apply(t, n, fake.Service("web", "r2", "-verbose"))
	start := n.Units.OnStart
	n.Units.OnStart = func(unit string) error {
		same(t, "fenced at the start of "+unit, n.Fences.Ports(), []int(nil))
		return start(unit)
	}
	must(t, n.Rollback(context.Background(), "web"))
}

func TestAKernelThatCannotFenceKeepsNothingFromServing(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	n.Fences.Fail(errors.New("operation not permitted"))
	apply(t, n, fake.Service("web", "r1"))
	contains(t, n.Printed(), "warning: the ports of web are not fenced (operation not permitted)")
	must(t, n.Remove(context.Background(), "web"))
}

func TestWhatIsTakenOverIsFencedWhenItHasStopped(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	byHand(t, n)
	start := n.Units.OnStart
	n.Units.OnStart = func(unit string) error {
		same(t, "fenced at the start of "+unit, fenced(n), []int{5000, 9001, 19000})
		return start(unit)
	}
	n.Units.OnStop = func(unit string) {
		same(t, "fenced when "+unit+" stops", n.Fences.Ports(), []int(nil))
	}
	must(t, n.Apply(context.Background(), takingOver(fake.Service("web", "r1")), nil))
}
