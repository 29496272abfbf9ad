package sweep_test

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"gatehouse/node/instance/fake"
	"gatehouse/node/sweep"
	"gatehouse/node/testkit"
)

// seeded node with something for each step of the sweep.
func seeded(t *testing.T) *fake.Node {
	n := fake.New(t)
	agentsOwn(n)
	testkit.Must(t, n.Apply(context.Background(), fake.Service("web", "r1"), nil))
	testkit.Must(t, n.Apply(context.Background(), fake.Gateway("front", "r1"), nil))
	n.Put("/opt/gatehouse/secrets/web.token", "secret")
	n.Put("/opt/gatehouse/secrets/never.token", "secret")
	n.Put("/opt/gatehouse/binaries/abc/never", "text")
	n.Put("/etc/consul.d/left.hcl", fake.Written+definition("left", ""))
	n.Put("/etc/systemd/system/left.service", unit("left, a service of mesh shop"))
	n.Put("/etc/consul.d/edge.hcl", definition("edge", "ingress-gateway"))
	n.Put("/etc/systemd/system/edge.service", "[Service]\nExecStart=consul connect envoy -gateway ingress\n")
	n.Start("edge.service", "left.service")
	testkit.Must(t, n.Consul.Reload(context.Background()))
	n.Forget()
	return n
}

func TestAfterAFaultAtAnyStepOfTheSweepTheNextOneFinishes(t *testing.T) {
	n := seeded(t)
	var changes []string
	record := func(change string) error {
		changes = append(changes, change)
		return nil
	}
	arm(n, record)
	testkit.Must(t, run(n, declaring("front")))
	arm(n, nil)
	after := n.State()
	for point := 0; point < len(changes); point += testkit.Stride() {
		for _, signal := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %s %t", point, changes[point], signal), func(t *testing.T) {
				t.Parallel()
				n, count := seeded(t), 0
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				arm(n, func(string) error {
					if count++; count != point+1 {
						return nil
					}
					if signal {
						cancel()
						return nil
					}
					return syscall.EIO
				})
				_ = sweep.Run(ctx, n.Node, n.Consul, declaring("front"))
				arm(n, nil)
				if ids := n.Consul.InMaintenance(); len(ids) > 0 {
					t.Errorf("in maintenance mode: %q", ids)
				}
				whole := n.Consul.State() + n.Units.State()
				if strings.Contains(whole, `"web" of`) != strings.Contains(whole, "web.service active") {
					t.Errorf("web is neither there nor gone:\n%s", whole)
				}
				testkit.Must(t, run(n, declaring("front")))
				unchanged(t, n, after)
				if kept := n.Kept(); len(kept) > 0 {
					t.Errorf("leftovers: %q", kept)
				}
			})
		}
	}
}
