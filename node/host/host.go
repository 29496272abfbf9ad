// Package host is the node that the program works on: its files, locks and clock. In tests the root is a folder.
package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// Places on a node. templates and doctor name some of them too, for the TypeScript half.
const (
	Gatehouse = "/opt/gatehouse"
	Program   = Gatehouse + "/bin/gatehouse-node"
	Instances = Gatehouse + "/instances"
	Binaries  = Gatehouse + "/binaries"
	EnvDir    = Gatehouse + "/env"
	Secrets   = Gatehouse + "/secrets"
	Incoming  = Gatehouse + "/incoming"
	Arriving  = Gatehouse + "/incoming-secrets"
	NodeFile  = Gatehouse + "/node.json"
	NodeEnv   = Gatehouse + "/node.env"
	UnitDir   = "/etc/systemd/system"
	ConsulDir = "/etc/consul.d"
	Backups   = "/var/backups/gatehouse"
	Locks     = "/run/gatehouse" // not /run/lock, where everybody may put a link or hold a lock
	MeshFile  = "/usr/local/bin/mesh"
)

// roomNeeded must be free wherever files are put.
const roomNeeded = 4 << 20

// lockTimeout after which a run that does not get a lock gives up.
const lockTimeout = 10 * time.Minute

// Host is a node. The zero value is not usable: see New.
type Host struct {
	// Root is put before every path. "" on a node.
	Root string
	// Out takes the lines of progress.
	Out io.Writer
	// Fault is asked before each change; an error is what the change then fails with. Tests set it.
	Fault func(change string) error
	// LockTimeout after which a run that does not get a lock gives up.
	LockTimeout time.Duration
	// Attended says whether the connection that started this run is still there. nil: it never goes away.
	Attended func() bool
	// chown is left out where the tests do not run as root.
	Unowned bool
}

// New is the node that this program runs on.
func New() *Host {
	return &Host{Out: os.Stdout, LockTimeout: lockTimeout, Attended: attended()}
}

// attended watches the terminal of Terraform's connection, if there is one: one that was hung up is none any more.
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

// Say tells one line of progress.
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

// Owner and group of a file. The zero value is root:root.
type Owner struct{ User, Group string }

// ConsulMayRead is for files that hold a token which the agent needs.
var ConsulMayRead = Owner{User: "root", Group: "consul"}

func (o Owner) ids() (uid, gid int, err error) {
	if o.User != "" && o.User != "root" {
		found, err := user.Lookup(o.User)
		if err != nil {
			return 0, 0, err
		}
		if uid, err = strconv.Atoi(found.Uid); err != nil {
			return 0, 0, err
		}
	}
	if o.Group != "" && o.Group != "root" {
		found, err := user.LookupGroup(o.Group)
		if err != nil {
			return 0, 0, err
		}
		if gid, err = strconv.Atoi(found.Gid); err != nil {
			return 0, 0, err
		}
	}
	return uid, gid, nil
}

// Write puts a file, whole or not at all, and at no moment readable for more than its mode says.
func (h *Host) Write(path string, content []byte, mode os.FileMode, owner Owner) error {
	if err := h.fault("write", path); err != nil {
		return err
	}
	pending, err := renameio.NewPendingFile(h.Path(path), renameio.WithTempDir(filepath.Dir(h.Path(path))), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer pending.Cleanup() //nolint:errcheck // after CloseAtomicallyReplace there is nothing to clean up
	if _, err := pending.Write(content); err != nil {
		return err
	}
	if err := h.own(pending.File, owner); err != nil {
		return err
	}
	if err := pending.Chmod(mode); err != nil {
		return err
	}
	return pending.CloseAtomicallyReplace()
}

func (h *Host) own(file *os.File, owner Owner) error {
	if h.Unowned {
		return nil
	}
	uid, gid, err := owner.ids()
	if err != nil {
		return err
	}
	return file.Chown(uid, gid)
}

// Owns says whether a file has this owner and mode.
func (h *Host) Owns(path string, mode os.FileMode, owner Owner) bool {
	info, err := os.Lstat(h.Path(path))
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != mode {
		return false
	}
	if h.Unowned {
		return true
	}
	uid, gid, err := owner.ids()
	stat, ok := info.Sys().(*unix.Stat_t)
	if err != nil {
		return false
	}
	if !ok {
		var own unix.Stat_t
		if unix.Lstat(h.Path(path), &own) != nil {
			return false
		}
		stat = &own
	}
	return int(stat.Uid) == uid && int(stat.Gid) == gid
}

// Folder makes a folder, and what is missing of the way to it, with this mode and owner.
func (h *Host) Folder(path string, mode os.FileMode, owner Owner) error {
	if err := h.fault("mkdir", path); err != nil {
		return err
	}
	if err := os.MkdirAll(h.Path(path), 0o755); err != nil {
		return err
	}
	if err := os.Chmod(h.Path(path), mode); err != nil {
		return err
	}
	if h.Unowned {
		return nil
	}
	uid, gid, err := owner.ids()
	if err != nil {
		return err
	}
	return os.Chown(h.Path(path), uid, gid)
}

// Read a file. The error says so when it is not there: errors.Is(err, fs.ErrNotExist).
func (h *Host) Read(path string) ([]byte, error) { return os.ReadFile(h.Path(path)) }

// Exists says whether there is something, a broken link included.
func (h *Host) Exists(path string) bool {
	_, err := os.Lstat(h.Path(path))
	return err == nil
}

// List of the names in a folder, sorted; empty when there is none.
func (h *Host) List(path string) []string {
	entries, _ := os.ReadDir(h.Path(path))
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// Remove a file or a folder with all that is in it. Nothing there is no error.
func (h *Host) Remove(path string) error {
	if !h.Exists(path) {
		return nil
	}
	if err := h.fault("remove", path); err != nil {
		return err
	}
	return os.RemoveAll(h.Path(path))
}

// RemoveEmpty removes folders as far as they are empty.
func (h *Host) RemoveEmpty(paths ...string) {
	for _, path := range paths {
		_ = os.Remove(h.Path(path))
	}
}

// Link makes path a symbolic link to target, in one step also where there is one.
func (h *Host) Link(target, path string) error {
	if err := h.fault("link", path); err != nil {
		return err
	}
	return renameio.Symlink(target, h.Path(path))
}

// HardLink gives a file a second name, to, in the same file system.
func (h *Host) HardLink(from, to string) error {
	if err := h.fault("hardlink", to); err != nil {
		return err
	}
	return os.Link(h.Path(from), h.Path(to))
}

// Rename moves a file or folder within its file system.
func (h *Host) Rename(from, to string) error {
	if err := h.fault("rename", to); err != nil {
		return err
	}
	return os.Rename(h.Path(from), h.Path(to))
}

// NeedRoom refuses early what would end half-way: a read-only or a full file system.
func (h *Host) NeedRoom(folders ...string) error {
	for _, folder := range folders {
		there := h.Path(folder)
		for there != "/" && there != h.Root {
			if info, err := os.Stat(there); err == nil && info.IsDir() {
				break
			}
			there = filepath.Dir(there)
		}
		if err := unix.Access(there, unix.W_OK); err != nil {
			return fmt.Errorf("cannot write to %s (%w); nothing was changed. Mount it writable and deploy again", there, err)
		}
		var stat unix.Statfs_t
		if err := unix.Statfs(there, &stat); err != nil {
			return err
		}
		if free := stat.Bavail * uint64(stat.Bsize); free < roomNeeded {
			return fmt.Errorf("only %d MiB are free in %s, %d MiB are needed; nothing was changed. Make room and deploy again", free>>20, there, roomNeeded>>20)
		}
	}
	return nil
}

// Backup keeps copies of files that a person made. It says so only when every copy is there.
func (h *Host) Backup(paths ...string) error {
	folder := filepath.Join(Backups, time.Now().UTC().Format("20060102T150405Z"))
	for _, path := range paths {
		info, err := os.Stat(h.Path(path))
		if err != nil {
			return fmt.Errorf("no copy of %s could be kept: %w", path, err)
		}
		content, err := h.Read(path)
		if err == nil {
			if err = h.Folder(filepath.Dir(folder+path), 0o755, Owner{}); err == nil {
				err = h.Write(folder+path, content, info.Mode().Perm(), Owner{})
			}
		}
		if err != nil {
			return fmt.Errorf("no copy of %s could be kept: %w", path, err)
		}
	}
	if len(paths) > 0 {
		h.Say("kept a copy under %s: %s", folder, strings.Join(paths, " "))
	}
	return nil
}

// Lock waits until no other program holds the lock of this name, and returns what releases it. The kernel releases it too
// when this program ends. Whoever holds several takes them in this order: sweep, instance-NAME (by name), binaries, node; see
// docs/decisions.
//
// A run whose connection went away while it waited must not begin: a later deploy may have been here since, with a newer
// release.
func (h *Host) Lock(ctx context.Context, name string) (release func(), err error) {
	if err := h.fault("lock", name); err != nil {
		return nil, err
	}
	path := h.Path(filepath.Join(Locks, name))
	var file *os.File
	for deadline := time.Now().Add(h.LockTimeout); file == nil; {
		if file, err = tryLock(path); err != nil {
			return nil, err
		}
		switch {
		case file != nil:
		case time.Now().After(deadline):
			return nil, fmt.Errorf("another run has held the lock %s of this node for over %s; see: fuser -v %s", name, h.LockTimeout, path)
		default:
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	if h.Attended != nil && !h.Attended() {
		file.Close()
		return nil, fmt.Errorf("the deploy went away while this run waited for the lock %s", name)
	}
	return func() { file.Close() }, nil
}

// tryLock once; nil when another program holds it. Whoever empties the node removes the file too: the lock of a file that is
// gone would keep nobody out.
func tryLock(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the folder went just now
	}
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		if held, heldErr := file.Stat(); heldErr == nil {
			if there, thereErr := os.Stat(path); thereErr == nil && os.SameFile(held, there) {
				return file, nil
			}
		}
	}
	file.Close()
	if err != nil && !errors.Is(err, unix.EWOULDBLOCK) {
		return nil, err
	}
	return nil, nil
}

// Wait until done says so, tried every interval; false when the time is over or the run is to end.
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
