// Package host is the node that the program works on: its files, locks and clock. In tests the root is a folder.
package host

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Places on a node. The TypeScript half names some of them, too.
const (
	Gatehouse = "/opt/gatehouse"
	Program   = Gatehouse + "/bin/gatehouse-node"
	Instances = Gatehouse + "/instances"
	Binaries  = Gatehouse + "/binaries"
	EnvDir    = Gatehouse + "/env"
	Config    = Gatehouse + "/config"
	Secrets   = Gatehouse + "/secrets"
	Incoming  = Gatehouse + "/incoming"
	Arriving  = "/run/gatehouse-secrets" // in memory
	Meshes    = Gatehouse + "/meshes"
	Ran       = Gatehouse + "/ran"
	NodeFile  = Gatehouse + "/node.json" // of an earlier version
	NodeEnv   = Gatehouse + "/node.env"
	Fences    = Gatehouse + "/fences"
	// Bootstraps of Envoys, with their tokens.
	Bootstraps = "/run/gatehouse-envoy"
	// Health has the sockets of services' health scripts.
	Health = "/run/gatehouse-health"
	// Before has the files of releases while commands run before them. In memory.
	Before = "/run/gatehouse-before"
	// AgentRecord says that Gatehouse set up the agent, and for which mesh: without this file, a person set it up.
	AgentRecord = Gatehouse + "/agent.json"
	UnitDir     = "/etc/systemd/system"
	ConsulDir   = "/etc/consul.d"
	Backups     = "/var/backups/gatehouse"
	Locks       = "/run/gatehouse" // not /run/lock, where every user may put a link or hold a lock
	MeshFile    = "/usr/local/bin/mesh"
)

// Host is a node. The zero value is not usable: see New.
type Host struct {
	// Root is put before every path. "" on a node.
	Root string
	// Out takes the lines of progress.
	Out io.Writer
	// Fault is called before each change, and the change fails with its error. Tests set it.
	Fault func(change string) error
	// LockTimeout after which a run that does not get a lock gives up.
	LockTimeout time.Duration
	// Attended says whether the connection that started this run still exists. nil: it never breaks.
	Attended func() bool
	// Unowned leaves out chown, for tests that do not run as root.
	Unowned bool
}

// New is the node that this program runs on.
func New() *Host {
	return &Host{Out: os.Stdout, LockTimeout: lockTimeout, Attended: attended()}
}

// attended watches the terminal of Terraform's connection, if there is one: after a hang-up it is no terminal any more.
func attended() func() bool {
	isTerminal := func() bool {
		_, err := unix.IoctlGetTermios(int(os.Stdout.Fd()), unix.TCGETS)
		return err == nil
	}
	if !isTerminal() {
		return nil
	}
	return isTerminal
}

// Path on this node of an absolute path.
func (h *Host) Path(path string) string { return filepath.Join(h.Root, path) }

// Say prints one line of progress.
func (h *Host) Say(format string, args ...any) {
	fmt.Fprintf(h.Out, "gatehouse: %s\n", Clean(fmt.Sprintf(format, args...)))
}

// Clean removes control characters, all but line ends and tabs: texts of Consul's catalogue and of checks reach a terminal.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < 0x20, r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, text)
}

func (h *Host) fault(change, path string) error {
	if h.Fault == nil {
		return nil
	}
	if err := h.Fault(change + " " + path); err != nil {
		return &os.PathError{Op: change, Path: path, Err: err}
	}
	return nil
}

// Wait until done returns true; it is called every interval. False when the time is over or ctx is canceled.
func Wait(ctx context.Context, timeout, interval time.Duration, done func() bool) bool {
	for deadline := time.Now().Add(timeout); ; {
		if done() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(interval):
		}
	}
}

// Pause, unless ctx is canceled.
func Pause(ctx context.Context, length time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(length):
	}
}

// DropInFolders are where a person, or `systemctl edit` and `systemctl set-property`, may change a unit: in the folder UNIT.d below.
var DropInFolders = []string{UnitDir, "/etc/systemd/system.control", "/run/systemd/system", "/run/systemd/system.control"}
