package sweep_test

import (
	"context"
	"testing"

	"gatehouse/node/instance/fake"
	"gatehouse/node/testkit"
)

func TestTheSweepRemovesTheSecondOfTwoInstancesAlone(t *testing.T) {
	// GIVEN two instances of a service
	n := fake.New(t)
	testkit.Must(t, n.Apply(context.Background(), fake.Service("web", "r1"), nil))
	testkit.Must(t, n.Apply(context.Background(), fake.Second("web", "r1"), nil))
	// WHEN both are declared THEN neither is taken for a person's
	before := n.State()
	testkit.Must(t, run(n, declaring("web", "web_2")))
	unchanged(t, n, before)
	testkit.Lacks(t, n.Printed(), "by hand")
	// WHEN one is declared THEN the other one goes, drained
	n.Forget()
	testkit.Must(t, run(n, declaring("web")))
	testkit.Contains(t, n.Printed(), "removing web_2")
	gone(t, n, "/etc/consul.d/web_2.hcl", "/etc/systemd/system/web_2.service", "/opt/gatehouse/instances/web_2")
	there(t, n, "/etc/consul.d/web.hcl", "/etc/systemd/system/web.service", "/opt/gatehouse/instances/web/current")
}
