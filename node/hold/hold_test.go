package hold_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gatehouse/node/hold"
	"gatehouse/node/testkit"
)

// ownNetwork takes this test into a network of its own.
func ownNetwork(t *testing.T) {
	t.Helper()
	testkit.OwnNetwork(t)
	if err := (hold.Kernel{}).Hold("trial", []int{1}); err != nil {
		t.Skipf("SKIPPED: this kernel has no nf_tables here: %v", err)
	}
	hold.Kernel{}.Release("trial")
}

// echo is a server that sends back what it gets.
func echo(t *testing.T) (port int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(connection, connection) }()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

func connect(port int, timeout time.Duration) (net.Conn, error) {
	return (&net.Dialer{Timeout: timeout}).DialContext(context.Background(), "tcp4", fmt.Sprintf("127.0.0.1:%d", port))
}

func answers(connection net.Conn) bool {
	_ = connection.SetDeadline(time.Now().Add(2 * time.Second))
	word := []byte("word")
	if _, err := connection.Write(word); err != nil {
		return false
	}
	_, err := io.ReadFull(connection, word)
	return err == nil
}

const moment = 150 * time.Millisecond

func TestANewConnectionToAHeldPortWaitsAndIsServedAfterwards(t *testing.T) {
	// GIVEN a port with an open connection
	ownNetwork(t)
	port, other := echo(t), echo(t)
	open, err := connect(port, moment)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	// WHEN it is held
	kernel := hold.Kernel{}
	if err := kernel.Hold("web", []int{port}); err != nil {
		t.Fatal(err)
	}
	// THEN what is open goes on
	if !answers(open) {
		t.Error("an open connection was cut off")
	}
	// AND other ports are as they were
	if _, err := connect(other, moment); err != nil {
		t.Errorf("another port: %v", err)
	}
	// AND a new one waits: it is not refused
	waiting := begin(t, port)
	if done, err := connected(waiting, moment); done {
		t.Fatalf("it was to wait: %v", err)
	}
	// AND it is served after the end, when TCP tries again
	kernel.Release("web")
	if done, err := connected(waiting, 3*time.Second); !done || err != nil {
		t.Fatalf("it was to be served: %t %v", done, err)
	}
	if connection, err := connect(port, moment); err != nil || !answers(connection) {
		t.Errorf("a connection after the end: %v", err)
	}
}

func TestEachInstanceHoldsItsOwnPorts(t *testing.T) {
	ownNetwork(t)
	one, two := echo(t), echo(t)
	kernel := hold.Kernel{}
	for name, ports := range map[string][]int{"one": {one}, "two": {two}} {
		if err := kernel.Hold(name, ports); err != nil {
			t.Fatal(err)
		}
	}
	kernel.Release("one")
	if _, err := connect(one, moment); err != nil {
		t.Errorf("the released port: %v", err)
	}
	if _, err := connect(two, moment); err == nil {
		t.Error("the other instance's port is open")
	}
	// Holding again is one hold.
	if err := kernel.Hold("two", []int{two}); err != nil {
		t.Fatal(err)
	}
	kernel.Release("two")
	if _, err := connect(two, moment); err != nil {
		t.Errorf("the released port: %v", err)
	}
}

func TestReleaseOfNothingIsFine(t *testing.T) {
	ownNetwork(t)
	port := echo(t)
	kernel := hold.Kernel{}
	kernel.Release("nothing")
	if err := kernel.Hold("nothing", nil); err != nil {
		t.Error(err)
	}
	kernel.Release("nothing")
	if _, err := connect(port, moment); err != nil {
		t.Error(err)
	}
}

// begin to connect, on this thread: another one is in another network.
func begin(t *testing.T, port int) (socket int) {
	t.Helper()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(socket) })
	if err := unix.Connect(socket, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != unix.EINPROGRESS {
		t.Fatalf("connect: %v", err)
	}
	return socket
}

// connected says whether a connection was made or refused by now.
func connected(socket int, timeout time.Duration) (done bool, err error) {
	polled := []unix.PollFd{{Fd: int32(socket), Events: unix.POLLOUT}}
	for deadline := time.Now().Add(timeout); time.Now().Before(deadline); {
		ready, err := unix.Poll(polled, int(time.Until(deadline).Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if err != nil || ready == 0 {
			return false, err
		}
		number, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && number != 0 {
			err = unix.Errno(number)
		}
		return true, err
	}
	return false, nil
}
