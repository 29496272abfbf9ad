package sockets

import (
	"net"
	"net/netip"
	"os"
	"testing"
)

func TestTheHolderOfTheOtherEnd(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", ":0"} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		port := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(listener.Addr().(*net.TCPAddr).Port))
		connection, err := net.Dial("tcp", port.String())
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		accepted, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer accepted.Close()
		near := connection.LocalAddr().(*net.TCPAddr).AddrPort()
		for name, ask := range map[string]func(local, remote netip.AddrPort) (uint32, error){"the kernel": diagnosedHolder, "its table": tabledHolder, "both": Holder} {
			uid, err := ask(port, near)
			if err != nil || int(uid) != os.Getuid() {
				t.Errorf("%s, %s: %d %v", address, name, uid, err)
			}
			if _, err := ask(netip.AddrPortFrom(port.Addr(), 1), near); err == nil {
				t.Errorf("%s, %s: a connection that is not there", address, name)
			}
		}
	}
}
