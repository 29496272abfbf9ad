package instance_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
	"gatehouse/node/testkit"
)

// injector lets one change of many fail.
type injector struct {
	mutex   sync.Mutex
	count   int
	changes []string
	// fail returns the error of the change with a number.
	fail func(number int, change string) error
}

func (i *injector) fault(change string) error {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.count++
	i.changes = append(i.changes, change)
	return i.fail(i.count, change)
}

func arm(n *fake.Node, fail func(number int, change string) error) (*injector, func()) {
	i := &injector{fail: fail}
	n.Host.Fault, n.Units.Fault, n.Consul.Fault = i.fault, i.fault, i.fault
	return i, func() { n.Host.Fault, n.Units.Fault, n.Consul.Fault = nil, nil, nil }
}

// prepared node of a scenario.
func (s scenario) prepared(t *testing.T) *fake.Node {
	t.Helper()
	n := fake.New(t)
	if s.prepare != nil {
		s.prepare(t, n)
	}
	n.Forget()
	return n
}

// reference is the state of a node before and after the scenario without a fault, and the changes on the way.
func (s scenario) reference(t *testing.T) (before, after string, changes []string) {
	t.Helper()
	n := s.prepared(t)
	before = n.State()
	i, disarm := arm(n, func(int, string) error { return nil })
	must(t, s.run(context.Background(), n))
	disarm()
	after = n.State()
	s.orderly(t, n, "")
	return before, after, i.changes
}

var copies = regexp.MustCompile(`kept a copy under (\S+): (.*)`)

// orderly checks what must hold after every run, with any fault.
func (s scenario) orderly(t *testing.T, n *fake.Node, said string) {
	t.Helper()
	if ids := n.Consul.InMaintenance(); len(ids) > 0 {
		t.Errorf("in maintenance mode: %q", ids)
	}
	if kept := n.Kept(); len(kept) > 0 && !strings.Contains(n.Printed()+said, "are left (") {
		t.Errorf("leftovers: %q", kept)
	}
	if held, _ := n.Holds.Held(); len(held) > 0 {
		t.Errorf("held: %v", held)
	}
	for _, copied := range copies.FindAllStringSubmatch(n.Printed(), -1) {
		for _, path := range strings.Fields(copied[2]) {
			if text := n.Text(copied[1] + path); text == "" || s.byHand[path] != "" && text != s.byHand[path] {
				t.Errorf("a copy of %s is printed, and the copy is: %q", path, text)
			}
		}
	}
	for path, content := range s.byHand {
		if n.Text(path) != content && !strings.Contains(n.Printed(), "kept a copy under") {
			t.Errorf("%s was overwritten without a copy", path)
		}
	}
}

// judge a run with a fault.
func (s scenario) judge(t *testing.T, n *fake.Node, err error, before, after string) {
	t.Helper()
	s.orderly(t, n, fmt.Sprint(err))
	state := n.State()
	switch {
	case err != nil && strings.Contains(err.Error(), "it does not run any more, but parts of it are left"):
		if rest := n.Units.State() + n.Procs.State() + n.Consul.State(); rest != "" {
			t.Errorf("it does run: %s", rest)
		}
	case err == nil && state != after:
		t.Errorf("no error, and the node is not as declared:\n%s", difference(after, state))
	case state != before && state != after:
		t.Errorf("%v\nagainst before:\n%s\nagainst after:\n%s", err, difference(before, state), difference(after, state))
	}
	if err == nil {
		return
	}
	for _, claim := range []string{"nothing was changed", "nothing was removed", "went back to release", "it was removed again", "by hand is back", "is as it was before"} {
		if strings.Contains(err.Error(), claim) && state != before {
			t.Errorf("it claims %q: %v\n%s", claim, err, difference(before, state))
		}
	}
	for _, claim := range []string{"failed", "way back"} {
		if strings.Contains(err.Error(), claim) {
			t.Errorf("one fault is no reason for: %v", err)
		}
	}
}

// again runs the scenario without a fault on the same node.
func (s scenario) again(t *testing.T, n *fake.Node, after string) {
	t.Helper()
	n.Forget()
	if n.State() == after && (s.once || len(n.Kept()) == 0) {
		return
	}
	if err := s.run(context.Background(), n); err != nil {
		t.Errorf("not possible again: %v", err)
	}
	same(t, "state after another run", n.State(), after)
}

func TestAfterAFaultAtAnyStepTheNodeIsAsBeforeOrAsDeclared(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			before, after, changes := s.reference(t)
			t.Logf("%d changes", len(changes))
			for point := 1; point <= len(changes); point += testkit.Stride() {
				t.Run(fmt.Sprintf("%d %s", point, changes[point-1]), func(t *testing.T) {
					t.Parallel()
					n := s.prepared(t)
					_, disarm := arm(n, func(number int, _ string) error {
						if number == point {
							return syscall.EIO
						}
						return nil
					})
					err := s.run(context.Background(), n)
					disarm()
					s.judge(t, n, err, before, after)
					s.again(t, n, after)
				})
			}
		})
	}
}

func TestAfterASignalAtAnyStepTheNodeIsAsBeforeOrAsDeclared(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			before, after, changes := s.reference(t)
			for point := 1; point <= len(changes); point += testkit.Stride() {
				t.Run(fmt.Sprintf("%d %s", point, changes[point-1]), func(t *testing.T) {
					t.Parallel()
					n := s.prepared(t)
					ctx, cancel := context.WithCancel(context.Background())
					defer cancel()
					_, disarm := arm(n, func(number int, _ string) error {
						if number == point {
							cancel()
						}
						return nil
					})
					err := s.run(ctx, n)
					disarm()
					s.judge(t, n, err, before, after)
					if err != nil && !errors.Is(err, context.Canceled) && !strings.Contains(err.Error(), "context canceled") {
						t.Errorf("it does not say why it ended: %v", err)
					}
					s.again(t, n, after)
				})
			}
		})
	}
}

func TestAFullDiskAtAnyStepLeavesTheWayBackOpen(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			before, after, changes := s.reference(t)
			for point := 1; point <= len(changes); point += testkit.Stride() {
				if !needsRoom(changes[point-1]) {
					continue
				}
				t.Run(fmt.Sprintf("%d %s", point, changes[point-1]), func(t *testing.T) {
					t.Parallel()
					n := s.prepared(t)
					_, disarm := arm(n, func(number int, change string) error {
						if number >= point && needsRoom(change) {
							return syscall.ENOSPC
						}
						return nil
					})
					err := s.run(context.Background(), n)
					disarm()
					s.judge(t, n, err, before, after)
					s.again(t, n, after)
				})
			}
		})
	}
}

func needsRoom(change string) bool {
	verb, path, _ := strings.Cut(change, " ")
	switch verb {
	case "write", "mkdir", "hardlink", "link":
		return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, host.Locks)
	}
	return false
}
