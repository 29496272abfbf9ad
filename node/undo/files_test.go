package undo_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/node/host"
	"gatehouse/node/testkit"
	"gatehouse/node/undo"
)

func newHost(t *testing.T) *host.Host {
	return &host.Host{Root: testkit.Folder(t), Out: io.Discard, Unowned: true, LockTimeout: time.Second}
}

// tree is the whole state of the files.
func tree(t *testing.T, h *host.Host) string { return testkit.Tree(t, h.Root, nil) }

// seeded has a file of each sort that is going to be changed.
func seeded(t *testing.T) *host.Host {
	h := newHost(t)
	testkit.Must(t, h.Folder("/etc/consul.d/tls", 0o750, host.Owner{}))
	testkit.Must(t, h.Write("/etc/consul.d/consul.hcl", []byte("old"), 0o640, host.Owner{}))
	testkit.Must(t, h.Write("/etc/consul.d/tls/ca.pem", []byte("authority"), 0o644, host.Owner{}))
	testkit.Must(t, os.Symlink("/usr/lib/consul.service", h.Path("/etc/consul.service")))
	return h
}

func changeAll(stack *undo.Stack, h *host.Host) error {
	write := func(path string) error { return stack.Write(h, path, []byte("new"), 0o600, host.Owner{}) }
	if err := write("/etc/consul.d/consul.hcl"); err != nil {
		return err
	}
	if err := write("/etc/consul.d/consul.hcl"); err != nil { // twice
		return err
	}
	if err := write("/etc/consul.service"); err != nil {
		return err
	}
	for _, path := range []string{"/etc/consul.service", "/etc/new.service"} {
		if err := stack.Link(h, "/usr/lib/new.service", path); err != nil {
			return err
		}
	}
	if err := stack.Folder(h, "/opt/gatehouse/secrets", 0o700, host.Owner{}); err != nil {
		return err
	}
	if err := stack.Folder(h, "/etc/consul.d", 0o700, host.Owner{}); err != nil {
		return err
	}
	if err := write("/opt/gatehouse/secrets/token"); err != nil {
		return err
	}
	if _, err := stack.Remove(h, "/etc/nothing"); err != nil {
		return err
	}
	_, err := stack.Remove(h, "/etc/consul.d/tls")
	return err
}

func TestFilesComeBack(t *testing.T) {
	for failing := 0; ; failing++ {
		h := seeded(t)
		before := tree(t, h)
		count := 0
		h.Fault = func(string) error {
			if count++; count == failing {
				return syscall.EIO
			}
			return nil
		}
		var stack undo.Stack
		err := changeAll(&stack, h)
		if failing > count {
			return
		}
		if failing > 0 && !errors.Is(err, syscall.EIO) {
			t.Fatalf("change %d: %v", failing, err)
		}
		if undone := stack.Run(context.Background()); undone != nil {
			t.Errorf("fault %d: %v", failing, undone)
		}
		if after := tree(t, h); after != before {
			t.Errorf("fault %d: before\n%s\nafter\n%s", failing, before, after)
		}
	}
}

func TestFilesComeBackOnAFullDisk(t *testing.T) {
	for full := 1; full < 20; full++ {
		h := seeded(t)
		before := tree(t, h)
		count := 0
		h.Fault = func(change string) error {
			verb, _, _ := strings.Cut(change, " ")
			if count++; count >= full && (verb == "write" || verb == "mkdir" || verb == "hardlink") {
				return syscall.ENOSPC
			}
			return nil
		}
		var stack undo.Stack
		_ = changeAll(&stack, h)
		if undone := stack.Run(context.Background()); undone != nil {
			t.Errorf("full at %d: %v", full, undone)
		}
		if after := tree(t, h); after != before {
			t.Errorf("full at %d: before\n%s\nafter\n%s", full, before, after)
		}
	}
}

func TestForgetLeavesNothing(t *testing.T) {
	h := seeded(t)
	var stack undo.Stack
	testkit.Must(t, changeAll(&stack, h))
	if !undo.Interrupted(h, "/etc/consul.d/consul.hcl") {
		t.Error("nothing says that a change is under way")
	}
	testkit.Must(t, stack.Forget())
	after := tree(t, h)
	if strings.Contains(after, "gatehouse-before") || strings.Contains(after, "old") || !strings.Contains(after, "secrets/token") {
		t.Errorf("after\n%s", after)
	}
}

func TestWriteIfNew(t *testing.T) {
	h := seeded(t)
	var stack undo.Stack
	for _, one := range []struct {
		content string
		mode    os.FileMode
		written bool
	}{{"old", 0o640, false}, {"old", 0o600, true}, {"new", 0o600, true}, {"new", 0o600, false}} {
		written, err := stack.WriteIfNew(h, "/etc/consul.d/consul.hcl", []byte(one.content), one.mode, host.Owner{})
		if err != nil || written != one.written {
			t.Errorf("%+v: written %t, error %v", one, written, err)
		}
	}
}
