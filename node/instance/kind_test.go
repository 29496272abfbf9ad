package instance_test

import (
	"context"
	"testing"

	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
	"gatehouse/node/undo"
)

func TestAServiceThatBecomesAGatewayKeepsNoSidecar(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	apply(t, n, fake.Gateway("web", "r2"))
	same(t, "units", n.Units.State(), "web.service active enabled")
	for _, path := range []string{host.UnitDir + "/web-sidecar-proxy.service", host.EnvDir + "/web.env"} {
		if n.Host.Exists(path) {
			t.Errorf("%s is left", path)
		}
	}
	// And back again.
	must(t, n.Rollback(context.Background(), "web"))
	same(t, "units", n.Units.State(), "web-sidecar-proxy.service active enabled\nweb.service active enabled")
}

func TestAServiceThatCannotBecomeAGatewayIsAsItWas(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	before := n.State()
	refused(t, n.Apply(context.Background(), fake.Gateway("web", "r2", fake.DoesNotStart), nil), "went back to release r1, which serves")
	same(t, "state", n.State(), before)
}

func TestARunWithoutChangesRemovesTheCopiesOfAKilledOne(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	for _, path := range []string{host.UnitDir + "/web.service", host.EnvDir + "/web.env", host.ConsulDir + "/web.hcl"} {
		n.Put(undo.Kept(path), "of a killed run")
	}
	apply(t, n, fake.Service("web", "r1"))
	same(t, "kept", n.Kept(), []string(nil))
}
