package instance_test

import (
	"context"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
)

// A declaration that is reverted after a takeover failed leaves the name to the person who made it.
func TestARemovalAfterAFailedTakeoverLeavesWhatWasMadeByHand(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		prepare func(t *testing.T, n *fake.Node)
		release document.Instance
	}{
		"the same names": {byHand, takingOver(fake.Service("web", "r1"))},
		"other names":    {byOtherNames, takingOver(fake.Service("web", "r1"))},
		"API":            {throughTheAPI, takingOver(fake.Service("web", "r1"))},
		"a gateway":      {gatewayByHand, takingOver(fake.Gateway("edge", "r1"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := fake.New(t)
			one.prepare(t, n)
			must(t, n.Host.Remove(instance.TokenFile(one.release.Name)))
			before := n.State()
			must(t, instance.Claim(context.Background(), n.Host, one.release.Owner, one.release.Name))
			n.Units.OnStart = func(string) error { return nil } // nothing listens
			if err := n.Apply(context.Background(), one.release, nil); err == nil {
				t.Fatal("the takeover went well")
			}
			must(t, n.Remove(context.Background(), one.release.Name))
			same(t, "state", n.State(), before)
		})
	}
}
