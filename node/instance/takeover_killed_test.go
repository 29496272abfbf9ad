package instance_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
	"gatehouse/node/testkit"
)

func armed(n *fake.Node, fault func(change string) error) {
	n.Host.Fault, n.Units.Fault, n.Consul.Fault = fault, fault, fault
}

// killedAt runs until the change of this number, and ends there without the way back. It says which one that was; "" when there
// are fewer.
func killedAt(n *fake.Node, release document.Instance, point int) (killed string) {
	count := 0
	defer func() {
		armed(n, nil)
		if recovered := recover(); recovered != nil {
			killed = fmt.Sprint(recovered)
		}
	}()
	armed(n, func(change string) error {
		if change == "registrations" {
			return nil // the admin pages ask for them, too
		}
		if count++; count == point {
			panic(change)
		}
		return nil
	})
	_ = n.Apply(context.Background(), release, nil)
	return ""
}

type takeover struct {
	prepare func(t *testing.T, n *fake.Node)
	release document.Instance
}

var takeovers = map[string]takeover{
	"the same names": {byHand, takingOver(fake.Service("web", "r1"))},
	"other names":    {byOtherNames, takingOver(fake.Service("web", "r1"))},
	"drained": {func(t *testing.T, n *fake.Node) {
		byOtherNames(t, n)
		n.Consul.Others = map[string][]string{"web": {"worker2"}}
	}, takingOver(drained(fake.Service("web", "r1")))},
	"API":                     {throughTheAPI, takingOver(fake.Service("web", "r1"))},
	"automatic":               {func(t *testing.T, n *fake.Node) { automatic(t, n, "web.hcl", "web") }, webOn("21913")},
	"automatic, another file": {func(t *testing.T, n *fake.Node) { automatic(t, n, "10-web.hcl", "web") }, webOn("21913")},
	"automatic, another id":   {func(t *testing.T, n *fake.Node) { automatic(t, n, "web.hcl", "web-1") }, webOn("21913")},
	"a gateway":               {gatewayByHand, takingOver(fake.Gateway("edge", "r1"))},
}

// afterKills calls then with nodes on which a takeover was killed, at each of its changes.
func afterKills(t *testing.T, one takeover, then func(n *fake.Node, killed string)) {
	t.Helper()
	for point := 1; ; point += testkit.Stride() {
		n := fake.New(t)
		one.prepare(t, n)
		killed := killedAt(n, one.release, point)
		if killed == "" {
			return
		}
		then(n, fmt.Sprintf("killed at %d, %s", point, killed))
		if ids := n.Consul.InMaintenance(); len(ids) > 0 {
			t.Errorf("killed at %d, %s: in maintenance %q", point, killed, ids)
		}
		if kept := n.Kept(); len(kept) > 0 {
			t.Errorf("killed at %d, %s: kept %q", point, killed, kept)
		}
	}
}

func TestAfterATakeoverThatWasKilledTheNextRunFinishesIt(t *testing.T) {
	t.Parallel()
	for name, one := range takeovers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clean := fake.New(t)
			one.prepare(t, clean)
			apply(t, clean, one.release)
			after := clean.State()
			afterKills(t, one, func(n *fake.Node, killed string) {
				if err := n.Apply(context.Background(), one.release, nil); err != nil {
					t.Errorf("%s: %v", killed, err)
				} else if state := n.State(); state != after {
					t.Errorf("%s:\n%s", killed, difference(after, state))
				}
			})
		})
	}
}

// A next run that fails, or that a reverted declaration removes the name, gives the person back what was made by hand.
func TestAfterATakeoverThatWasKilledWhatWasMadeByHandComesBack(t *testing.T) {
	t.Parallel()
	fails := func(n *fake.Node, release document.Instance) error {
		n.Consul.Healthy = func(string) bool { return false }
		err := n.Apply(context.Background(), release, nil)
		if err == nil || !strings.Contains(err.Error(), "by hand is back") {
			return fmt.Errorf("the next run: %w", err)
		}
		return n.Remove(context.Background(), release.Name)
	}
	removes := func(n *fake.Node, release document.Instance) error {
		return n.Remove(context.Background(), release.Name)
	}
	for _, name := range []string{"the same names", "drained", "API", "automatic, another id", "a gateway"} {
		one := takeovers[name]
		for what, then := range map[string]func(*fake.Node, document.Instance) error{"fails": fails, "removes": removes} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				clean := fake.New(t)
				one.prepare(t, clean)
				must(t, clean.Host.Remove(instance.TokenFile(one.release.Name)))
				before := clean.State()
				afterKills(t, one, func(n *fake.Node, killed string) {
					if _, serves := instance.Current(n.Host, one.release.Name); serves {
						must(t, n.Apply(context.Background(), one.release, nil)) // only the last step was not done
						return
					}
					if err := then(n, one.release); err != nil {
						t.Errorf("%s: %v", killed, err)
					} else if state := n.State(); state != before {
						t.Errorf("%s:\n%s", killed, difference(before, state))
					}
				})
			})
		}
	}
}
