package instance_test

import (
	"context"
	"fmt"
	"regexp"
	"testing"

	"gatehouse/node/document"
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

var foundBefore = regexp.MustCompile(`"foundBefore": (null|\[[^\]]*\])`)

// withoutFound is the state without the record of what was here: after a killed run, files of the release were.
func withoutFound(n *fake.Node) string { return foundBefore.ReplaceAllString(n.State(), "") }

func TestAfterATakeoverThatWasKilledTheNextRunFinishesIt(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		prepare func(t *testing.T, n *fake.Node)
		release document.Instance
	}{
		"the same names":          {byHand, takingOver(fake.Service("web", "r1"))},
		"other names":             {byOtherNames, takingOver(fake.Service("web", "r1"))},
		"API":                     {throughTheAPI, takingOver(fake.Service("web", "r1"))},
		"automatic":               {func(t *testing.T, n *fake.Node) { automatic(t, n, "web.hcl", "web") }, webOn("21913")},
		"automatic, another file": {func(t *testing.T, n *fake.Node) { automatic(t, n, "10-web.hcl", "web") }, webOn("21913")},
		"automatic, another id":   {func(t *testing.T, n *fake.Node) { automatic(t, n, "web.hcl", "web-1") }, webOn("21913")},
		"a gateway":               {gatewayByHand, takingOver(fake.Gateway("edge", "r1"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clean := fake.New(t)
			one.prepare(t, clean)
			apply(t, clean, one.release)
			after := withoutFound(clean)
			for point := 1; ; point += testkit.Stride() {
				n := fake.New(t)
				one.prepare(t, n)
				killed := killedAt(n, one.release, point)
				if killed == "" {
					break
				}
				if err := n.Apply(context.Background(), one.release, nil); err != nil {
					t.Errorf("killed at %d, %s: %v", point, killed, err)
					continue
				}
				if state := withoutFound(n); state != after {
					t.Errorf("killed at %d, %s:\n%s", point, killed, difference(after, state))
				}
				if ids := n.Consul.InMaintenance(); len(ids) > 0 {
					t.Errorf("killed at %d, %s: in maintenance %q", point, killed, ids)
				}
				if kept := n.Kept(); len(kept) > 0 {
					t.Errorf("killed at %d, %s: kept %q", point, killed, kept)
				}
			}
		})
	}
}
