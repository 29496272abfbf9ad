package instance_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"

	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
	"gatehouse/node/systemd"
)

func TestAFirstReleaseThatFailedCanBeAppliedAfterItWasCorrected(t *testing.T) {
	t.Parallel()
	// GIVEN a first release that does not work
	n := fake.New(t)
	path := token(n, "web")
	before := n.State()
	err := n.Apply(context.Background(), fake.Service("web", "r1", fake.DoesNotStart), nil)
	refused(t, err, "web is not healthy, and there is no earlier release: it was removed again")
	same(t, "state", n.State(), before)
	// THEN the token is still there
	same(t, "token", n.Text(path), "secret-of-web\n")
	// AND the corrected release is put into service
	apply(t, n, fake.Service("web", "r2"))
	contains(t, n.Text("/etc/consul.d/web.hcl"), "secret-of-web")
}

func TestAReleaseThatDoesNotServeGivesWayToTheOneBefore(t *testing.T) {
	t.Parallel()
	for _, drain := range []bool{false, true} {
		for _, word := range []string{fake.DoesNotStart, fake.DoesNotListen} {
			n := fake.New(t)
			release := fake.Service("web", "r1")
			release.Drain = drain
			apply(t, n, release)
			n.Consul.Others = map[string][]string{"web": {"worker2"}}
			before := n.State()
			release = fake.Service("web", "r2", word)
			release.Drain = drain
			n.Forget()
			refused(t, n.Apply(context.Background(), release, nil), "web is not healthy; this node went back to release r1, which serves")
			same(t, "state", n.State(), before)
			same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
			same(t, "kept", n.Kept(), []string(nil))
			contains(t, n.Printed(), "web did not become healthy", "nothing listens on 127.0.0.1:9001", "the last lines of web.service")
			lacks(t, n.Printed(), "\x1b")
		}
	}
}

func TestAnInstanceMadeByHandRunsAgainWhenTheReleaseOverItFails(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	byHand(t, n)
	before := n.State()
	n.Forget()
	err := n.Apply(context.Background(), takingOver(fake.Service("web", "r1", fake.DoesNotStart)), nil)
	refused(t, err, "web is not healthy; what was made by hand is back, and serves")
	same(t, "state", n.State(), before)
	contains(t, n.Procs.State(), "by-hand")
	keptACopy(t, n, "/etc/systemd/system/web.service", handUnit)
	same(t, "kept", n.Kept(), []string(nil))
}

func TestAFileThatCannotBeCopiedIsNotOverwritten(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	byHand(t, n)
	before := n.State()
	n.Forget()
	n.Host.Fault = func(change string) error {
		if strings.HasPrefix(change, "write "+host.Backups) {
			return syscall.ENOSPC
		}
		return nil
	}
	err := n.Apply(context.Background(), takingOver(fake.Service("web", "r1")), nil)
	refused(t, err, "no copy of /etc/", "no space left on device", "nothing was changed")
	same(t, "state", n.State(), before)
	lacks(t, n.Printed(), "kept a copy")
}

func TestALockThatIsNotGotAfterTheDrainEndsTheDrain(t *testing.T) {
	t.Parallel()
	// GIVEN an instance that is drained for its release
	n := fake.New(t)
	first(fake.Service("web", "r1"))(t, n)
	before := n.State()
	n.Forget()
	// WHEN another run holds the node's lock
	unlock, err := n.Host.Lock(context.Background(), "node")
	must(t, err)
	defer unlock()
	n.Host.LockTimeout = 0
	err = n.Apply(context.Background(), drained(everythingChanged()), nil)
	// THEN nothing was changed, and callers are sent here again
	refused(t, err, "another run has held the lock node", "nothing was changed")
	contains(t, strings.Join(n.Consul.Requests(), "\n"), "maintenance web on")
	same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
	same(t, "state", n.State(), before)
}

func TestGoingBackDoesNotNeedTheLock(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	first(fake.Service("web", "r1"))(t, n)
	before := n.State()
	n.Host.LockTimeout = 0
	var unlock func()
	n.Units.OnStart = withStart(n, func(unit string) error {
		if unlock == nil {
			unlock, _ = n.Host.Lock(context.Background(), "node")
			return errors.New("exec format error")
		}
		return nil
	})
	err := n.Apply(context.Background(), drained(fake.Service("web", "r2", "-verbose")), nil)
	unlock()
	refused(t, err, "went back to release r1, which serves")
	same(t, "state", n.State(), before)
}

// withStart calls first before a unit starts.
func withStart(n *fake.Node, first func(unit string) error) func(unit string) error {
	start := n.Units.OnStart
	return func(unit string) error {
		if err := first(unit); err != nil {
			return err
		}
		return start(unit)
	}
}

func TestAConnectionThatWentAwayDoesNotKeepTheNodeFromGoingBack(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	first(fake.Service("web", "r1"))(t, n)
	before := n.State()
	attended := true
	n.Host.Attended = func() bool { return attended }
	n.Units.OnStart = withStart(n, func(string) error {
		if attended {
			attended = false
			return errors.New("exec format error")
		}
		return nil
	})
	refused(t, n.Apply(context.Background(), drained(fake.Service("web", "r2", "-verbose")), nil), "went back to release r1, which serves")
	same(t, "state", n.State(), before)
	same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
	refused(t, n.Apply(context.Background(), fake.Service("web", "r3"), nil), "the connection of the deploy broke while this run waited", "nothing was changed")
}

func TestAnotherProcessThatAnswersOnThePortDoesNotCountAsServing(t *testing.T) {
	t.Parallel()
	// GIVEN a process of no unit on the port of a service
	n := fake.New(t)
	n.Procs.Foreign[9001] = "python3\x1b[2J (process 4711)"
	before := n.State()
	err := n.Apply(context.Background(), fake.Service("web", "r1"), nil)
	refused(t, err, "web is not healthy")
	contains(t, n.Printed(), "127.0.0.1:9001 is held by python3[2J (process 4711), which is not a process of web.service alone")
	same(t, "state", n.State(), before)
}

func TestTheOldProcessThatHoldsThePortDoesNotCountAsServing(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	n.Put("/etc/systemd/system/old.service", "[Service]\nExecStart=/usr/bin/old -port 9001\n")
	n.Start("old.service") // its process is found first
	refused(t, n.Apply(context.Background(), fake.Service("web", "r2", "-verbose"), nil), "web is not healthy")
	contains(t, n.Printed(), "127.0.0.1:9001 is held by old.service")
}

func TestAReleaseThatCannotBeUndoneIsReported(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	n.Units.Fault = func(change string) error {
		if strings.HasPrefix(change, "restart ") {
			return syscall.EIO
		}
		return nil
	}
	err := n.Apply(context.Background(), fake.Service("web", "r2", "-verbose"), nil)
	refused(t, err, "web is not healthy, and going back to release r1 failed: cannot put the files and units of web back")
	lacks(t, err.Error(), "which serves")
	same(t, "current", current(n, "web"), "r1")
}

func TestMaintenanceModeThatDoesNotEndIsReported(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	first(fake.Service("web", "r1"))(t, n)
	n.Consul.Fault = func(request string) error {
		if strings.HasSuffix(request, " off") {
			return syscall.EIO
		}
		return nil
	}
	err := n.Apply(context.Background(), drained(fake.Service("web", "r2", fake.DoesNotStart)), nil)
	refused(t, err, "web stays in maintenance mode on this node", "going back to release r1 failed")
	lacks(t, err.Error(), "which serves")
}

func TestUnitsThatDidNotRunBeforeDoNotRunAfterAReleaseFailed(t *testing.T) {
	t.Parallel()
	for _, before := range []systemd.Unit{
		{Name: "web.service", ActiveState: "inactive", UnitFileState: "enabled"},
		{Name: "web.service", ActiveState: "inactive", UnitFileState: "disabled"},
		{Name: "web.service", ActiveState: "active", UnitFileState: "disabled"},
		{Name: "web.service", ActiveState: "active", UnitFileState: "enabled"},
	} {
		n := fake.New(t)
		apply(t, n, fake.Service("web", "r1"))
		if before.ActiveState == "inactive" {
			must(t, n.Units.Stop(context.Background(), "web.service"))
		}
		if before.UnitFileState == "disabled" {
			must(t, n.Units.Disable(context.Background(), "web.service"))
			must(t, n.Units.DaemonReload(context.Background()))
		}
		state := n.State()
		err := n.Apply(context.Background(), fake.Service("web", "r2", fake.DoesNotListen), nil)
		refused(t, err, "this node went back to release r1, which")
		contains(t, err.Error(), map[string]string{"inactive": "which did not run before either", "active": "which serves"}[before.ActiveState])
		same(t, before.ActiveState+" "+before.UnitFileState, n.State(), state)
	}
}

func TestAMaskByHandIsBackWhenTheReleaseFails(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	byHand(t, n)
	must(t, n.Host.Folder("/run/systemd/system", 0o755, host.Owner{}))
	must(t, n.Host.Link("/dev/null", "/run/systemd/system/web.service"))
	before := n.State()
	refused(t, n.Apply(context.Background(), takingOver(fake.Service("web", "r1", fake.DoesNotListen)), nil), "what was made by hand is back")
	same(t, "state", n.State(), before)
}

func TestASignalAfterTheReleaseServesEndsTheDrain(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	first(fake.Service("web", "r1"))(t, n)
	ctx, cancel := context.WithCancel(context.Background())
	n.Host.Fault = func(change string) error {
		if strings.Contains(change, "remove ") && strings.Contains(change, "gatehouse-before") && current(n, "web") == "r2" {
			cancel()
		}
		return nil
	}
	err := n.Apply(ctx, drained(everythingChanged()), nil)
	if err != nil {
		contains(t, err.Error(), "web serves with release r2; this run was ended before")
	}
	same(t, "current", current(n, "web"), "r2")
	same(t, "maintenance", n.Consul.InMaintenance(), []string(nil))
}

func TestAReleaseThatIsNotValidChangesNothing(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	before := n.State()
	n.Node.ValidateConsul = func(context.Context, string) error { return errors.New("Consul refuses the definition: no") }
	refused(t, n.Apply(context.Background(), fake.Service("web", "r1"), nil), "Consul refuses the definition: no", "nothing was changed")
	same(t, "state", n.State(), before)
}

func TestWithoutALeaderNothingIsChanged(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	for _, release := range []string{"r1", "r2"} { // the first release, and one over another
		before := n.State()
		n.Consul.NoLeader = true
		refused(t, n.Apply(context.Background(), fake.Service("web", release), nil), "Consul has had no leader for", "nothing was changed")
		same(t, "state", n.State(), before)
		n.Consul.NoLeader = false
		apply(t, n, fake.Service("web", release))
	}
}
