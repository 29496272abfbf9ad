package fence_test

import (
	"errors"
	"net"
	"reflect"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gatehouse/node/fence"
	"gatehouse/node/testkit"
)

// ownNetwork takes this test into a network of its own.
func ownNetwork(t *testing.T) fence.Netfilter {
	t.Helper()
	testkit.OwnNetwork(t)
	kernel := fence.Netfilter{}
	if err := kernel.Write(fence.Rules{Only: map[int]fence.UIDs{1: {}}}); err != nil {
		t.Skipf("SKIPPED: this kernel has no nf_tables here: %v", err)
	}
	return kernel
}

// listen on an address of loopback; the port.
func listen(t *testing.T, network, address string) int {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().(*net.TCPAddr).Port
}

// as a user, on this thread: others are in another network.
func as(t *testing.T, uid int, address unix.Sockaddr) error {
	t.Helper()
	family := unix.AF_INET
	if _, is6 := address.(*unix.SockaddrInet6); is6 {
		family = unix.AF_INET6
	}
	if err := unix.Setfsuid(uid); err != nil {
		t.Fatal(err)
	}
	socket, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err := unix.Setfsuid(0); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(socket)
	if err := unix.SetsockoptTimeval(socket, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{Usec: 200_000}); err != nil {
		t.Fatal(err)
	}
	return unix.Connect(socket, address)
}

func v4(port int) unix.Sockaddr {
	return &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
}

func TestTheKernelRefusesWhoMayNotConnect(t *testing.T) {
	kernel := ownNetwork(t)
	closed, refusing, open := listen(t, "tcp4", "127.0.0.1:0"), listen(t, "tcp4", "127.0.0.1:0"), listen(t, "tcp4", "127.0.0.1:0")
	rules := fence.Rules{
		Only:    map[int]fence.UIDs{closed: {65001, 65002}, 9: {}},
		Refused: map[int]fence.UIDs{refusing: {65003}},
		Answer:  map[int]fence.UIDs{},
	}
	testkit.Must(t, kernel.Write(rules))
	for _, one := range []struct {
		port, uid int
		want      error
	}{
		{closed, 0, nil},
		{closed, 65001, nil},
		{closed, 65002, nil},
		{closed, 65003, unix.ECONNREFUSED},
		{closed, 65534, unix.ECONNREFUSED},
		{refusing, 0, nil},
		{refusing, 65001, nil},
		{refusing, 65003, unix.ECONNREFUSED},
		{open, 65003, nil},
	} {
		if err := as(t, one.uid, v4(one.port)); !errors.Is(err, one.want) {
			t.Errorf("user %d, port %d: %v, want %v", one.uid, one.port, err, one.want)
		}
	}
	read, err := kernel.Read()
	testkit.Must(t, err)
	if !reflect.DeepEqual(read, rules) {
		t.Errorf("read %v, written %v", read, rules)
	}
}

func TestTheKernelLetsOnlySomeAnswer(t *testing.T) {
	kernel := ownNetwork(t)
	for _, one := range []struct {
		listener int
		want     error
	}{{0, nil}, {65001, nil}, {65002, unix.EINPROGRESS}} {
		for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
			testkit.Must(t, unix.Setfsuid(one.listener))
			port := listen(t, "tcp", address)
			testkit.Must(t, unix.Setfsuid(0))
			rules := fence.NoRules()
			rules.Answer[port] = fence.UIDs{65001}
			testkit.Must(t, kernel.Write(rules))
			to := v4(port)
			if address[0] == '[' {
				to = &unix.SockaddrInet6{Port: port, Addr: [16]byte{15: 1}}
			}
			if err := as(t, 65534, to); !errors.Is(err, one.want) {
				t.Errorf("user %d listens on %s: %v, want %v", one.listener, address, err, one.want)
			}
			if read, err := kernel.Read(); err != nil || !reflect.DeepEqual(read, rules) {
				t.Errorf("read %v, written %v, %v", read, rules, err)
			}
		}
	}
}

// listenWith has a socket listen on loopback, and returns the port.
func listenWith(t *testing.T, socket, backlog int) int {
	t.Helper()
	testkit.Must(t, unix.Bind(socket, v4(0)))
	testkit.Must(t, unix.Listen(socket, backlog))
	address, err := unix.Getsockname(socket)
	testkit.Must(t, err)
	return address.(*unix.SockaddrInet4).Port
}

// A program that listens with no room for a second caller makes the kernel answer with cookies, which belong to no socket.
func TestTheKernelLetsNoFullListenerAnswer(t *testing.T) {
	kernel := ownNetwork(t)
	testkit.Must(t, unix.Setfsuid(65002))
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	testkit.Must(t, unix.Setfsuid(0))
	testkit.Must(t, err)
	defer unix.Close(listener)
	port := listenWith(t, listener, 0)
	rules := fence.NoRules()
	rules.Answer[port] = fence.UIDs{65001}
	testkit.Must(t, kernel.Write(rules))
	for range 4 {
		socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		testkit.Must(t, err)
		defer unix.Close(socket)
		if err := unix.Connect(socket, v4(port)); !errors.Is(err, unix.EINPROGRESS) {
			t.Errorf("%v", err)
		}
		time.Sleep(50 * time.Millisecond)
		poll := []unix.PollFd{{Fd: int32(socket), Events: unix.POLLOUT}}
		if ready, err := unix.Poll(poll, 0); err == nil && ready > 0 {
			t.Errorf("a connection was made: %x", poll[0].Revents)
		}
	}
}

// Go listens with multipath TCP where the kernel has it, whose connections have sockets of the kernel's own.
func TestTheKernelKnowsTheUserOfMultipathTCP(t *testing.T) {
	kernel := ownNetwork(t)
	socket := func(uid int) int {
		testkit.Must(t, unix.Setfsuid(uid))
		one, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_MPTCP)
		testkit.Must(t, unix.Setfsuid(0))
		if err != nil {
			t.Skipf("SKIPPED: this kernel has no multipath TCP: %v", err)
		}
		t.Cleanup(func() { unix.Close(one) })
		testkit.Must(t, unix.SetsockoptTimeval(one, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{Usec: 200_000}))
		return one
	}
	for _, one := range []struct {
		listener, caller int
		want             error
	}{{65001, 65003, nil}, {65001, 0, nil}, {65002, 65003, unix.EINPROGRESS}, {65001, 65004, unix.ECONNREFUSED}} {
		listener := socket(one.listener)
		port := listenWith(t, listener, 1)
		rules := fence.NoRules()
		rules.Only[port], rules.Answer[port] = fence.UIDs{65003}, fence.UIDs{65001}
		testkit.Must(t, kernel.Write(rules))
		if err := unix.Connect(socket(one.caller), v4(port)); !errors.Is(err, one.want) {
			t.Errorf("user %d calls user %d: %v, want %v", one.caller, one.listener, err, one.want)
		}
	}
}

func TestAllOfLoopbackIsFenced(t *testing.T) {
	kernel := ownNetwork(t)
	port := listen(t, "tcp", ":0")
	testkit.Must(t, kernel.Write(fence.Rules{Only: map[int]fence.UIDs{port: {65001}}}))
	other := &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 1, 2, 3}}
	if err := as(t, 65002, other); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("127.1.2.3: %v", err)
	}
	v6 := &unix.SockaddrInet6{Port: port, Addr: [16]byte{15: 1}}
	if err := as(t, 65002, v6); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("::1: %v", err)
	}
	mapped := &unix.SockaddrInet6{Port: port, Addr: [16]byte{10: 255, 11: 255, 12: 127, 15: 1}}
	if err := as(t, 65002, mapped); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("::ffff:127.0.0.1: %v", err)
	}
	if err := as(t, 65001, v6); err != nil {
		t.Errorf("::1 for who may: %v", err)
	}
}

func TestOpenConnectionsGoOn(t *testing.T) {
	kernel := ownNetwork(t)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	testkit.Must(t, err)
	defer listener.Close()
	address := listener.Addr().(*net.TCPAddr)
	connection, err := net.Dial("tcp4", address.String())
	testkit.Must(t, err)
	defer connection.Close()
	accepted, err := listener.Accept()
	testkit.Must(t, err)
	testkit.Must(t, kernel.Write(fence.Rules{Only: map[int]fence.UIDs{address.Port: {}, accepted.RemoteAddr().(*net.TCPAddr).Port: {}}}))
	for from, to := range map[net.Conn]net.Conn{connection: accepted, accepted: connection} {
		_, err := from.Write([]byte("word"))
		testkit.Must(t, err)
		if _, err := to.Read(make([]byte, 4)); err != nil {
			t.Error(err)
		}
	}
}

func TestNothingIsLeft(t *testing.T) {
	kernel := ownNetwork(t)
	port := listen(t, "tcp4", "127.0.0.1:0")
	testkit.Must(t, kernel.Write(fence.Rules{Only: map[int]fence.UIDs{port: {}}}))
	testkit.Must(t, kernel.Write(fence.Rules{}))
	testkit.Must(t, kernel.Write(fence.Rules{})) // nor is there anything to remove
	if read, err := kernel.Read(); err != nil || !read.Empty() {
		t.Errorf("%v %v", read, err)
	}
	if err := as(t, 65534, v4(port)); err != nil {
		t.Error(err)
	}
}

func BenchmarkWrite(b *testing.B) {
	kernel := fence.Netfilter{}
	rules := fence.Rules{Only: map[int]fence.UIDs{}}
	for port := 1; port <= 200; port++ {
		rules.Only[port] = fence.UIDs{65001, 65002, 65003}
	}
	for b.Loop() {
		if err := kernel.Write(rules); err != nil {
			b.Skip(err)
		}
	}
}
