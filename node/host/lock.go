package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// lockTimeout after which a run that does not get a lock gives up.
const lockTimeout = 10 * time.Minute

// Lock waits until no other program holds the lock of this name, and returns the function that releases it. The kernel also
// releases it when this program ends. A run that needs several takes them in this order: sweep, instance-NAME (by name),
// fetch-SHA256, binaries, node; see docs/decisions.
//
// A run whose connection broke while it waited must not begin: a later deploy may have installed a newer release since.
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
		return nil, fmt.Errorf("the connection of the deploy broke while this run waited for the lock %s", name)
	}
	return func() { file.Close() }, nil
}

// TryLock takes the lock of this name where no other program holds it; nil where one does.
func (h *Host) TryLock(name string) (release func(), err error) {
	if err := h.fault("lock", name); err != nil {
		return nil, err
	}
	file, err := tryLock(h.Path(filepath.Join(Locks, name)))
	if file == nil {
		return nil, err
	}
	return func() { file.Close() }, nil
}

// tryLock once; nil when another program holds it. A wipe removes the file, too, and the lock of a removed file would keep no
// other run out.
func tryLock(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the folder was removed just now
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
