package sweep_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
	"gatehouse/node/testkit"
)

// nginx is a service that a unit of others of its name runs.
func nginx(t *testing.T) *fake.Node {
	n := fake.New(t)
	n.Put(host.UnitDir+"/nginx.service", "[Service]\nExecStart=/usr/sbin/nginx -port 9001\n")
	n.Start("nginx.service")
	testkit.Must(t, n.Apply(context.Background(), fake.OfUnit("nginx.service", fake.Service("nginx", "r1")), nil))
	n.Forget()
	return n
}

func TestNeitherASweepNorAWipeTouchesAUnitOfOthers(t *testing.T) {
	for name, remove := range map[string]func(n *fake.Node) error{
		"sweep": func(n *fake.Node) error { return run(n, declaring()) },
		"wipe":  func(n *fake.Node) error { return wipe(n, document.Wipe{Owner: fake.Owner}, nil) },
		// A killed run leaves an instance without its record.
		"sweep without a record": func(n *fake.Node) error {
			return errors.Join(n.Host.Remove(host.Instances+"/nginx"), run(n, declaring()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := nginx(t)
			unit, err := n.Units.Unit(context.Background(), "nginx.service")
			testkit.Must(t, err)
			testkit.Must(t, remove(n))
			after, err := n.Units.Unit(context.Background(), "nginx.service")
			testkit.Must(t, err)
			if after.MainPID != unit.MainPID || after.UnitFileState != unit.UnitFileState || !after.Active() {
				t.Errorf("%+v", after)
			}
			for _, call := range n.Units.Calls() {
				if strings.Contains(call, " nginx.service") {
					t.Error(call)
				}
			}
			there(t, n, host.UnitDir+"/nginx.service")
			gone(t, n, host.UnitDir+"/nginx-sidecar-proxy.service", "/etc/consul.d/nginx.hcl")
		})
	}
}
