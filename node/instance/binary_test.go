package instance_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
)

func TestABinaryIsNotUnneededBeforeItsReleaseNamesIt(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	other, looked := *n.Host, false
	other.LockTimeout = 0
	n.Host.Fault = func(change string) error {
		if strings.HasPrefix(change, "write ") && strings.HasSuffix(change, "/instance.json") {
			looked = true
			if unlock, err := other.Lock(context.Background(), instance.BinariesLock); err == nil {
				unlock()
				t.Error("another run may remove binaries now")
			}
		}
		return nil
	}
	apply(t, n, n.WithBinary(fake.Service("web", "r1"), "program"))
	if !looked {
		t.Error("no release was written")
	}
}

func TestAnInstanceIsNotHiddenWhileItsRunTidiesUp(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	n.Consul.Others = map[string][]string{"web": {"worker2"}}
	drained := 0
	for _, release := range []string{"r1", "r2", "r3", "r4"} {
		next := n.WithBinary(fake.Service("web", release), "program "+release)
		next.Drain = true
		n.Host.Fault = func(change string) error {
			if change == "lock binaries" && current(n, "web") == release {
				drained++
				if hidden := n.Consul.InMaintenance(); slices.Contains(hidden, "web") {
					t.Errorf("%s: hidden while it waits for the binaries' lock: %q", release, hidden)
				}
			}
			return nil
		}
		apply(t, n, next)
	}
	if drained == 0 {
		t.Error("nothing was tidied")
	}
}
