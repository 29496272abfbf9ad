package testkit

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// OwnNetwork takes a test into a network of its own, with loopback alone: nothing that it does reaches the node. The thread ends with
// the test, and only this thread is in that network.
func OwnNetwork(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("SKIPPED: a network namespace needs CAP_SYS_ADMIN and CAP_NET_ADMIN: %v", err)
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(socket)
	loopback, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	loopback.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, loopback); err != nil {
		t.Fatal(err)
	}
}
