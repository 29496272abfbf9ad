package sockets

import (
	"net"
	"os"
	"testing"
)

func TestParseALineOfProcNetTCP(t *testing.T) {
	for line, want := range map[string]string{
		"   0: 0C004D0A:2329 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41 1 0 100 0 0 10 0":                                    "10.77.0.12:9001",
		"   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 42 1 0 100 0 0 10 0":                                    "127.0.0.1:8080",
		"   2: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 43 1 0 100 0 0 10": "[::]:80",
		"   3: 0000000000000000FFFF00000100007F:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 44 1 0 100 0 0 10": "127.0.0.1:80",
	} {
		if got, ok := parse(line); !ok || got.String() != want {
			t.Errorf("%s: got %s, %v", line, got, ok)
		}
	}
	for _, line := range []string{
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
		"   0: 0C004D0A:2329 0D004D0A:1234 01 00000000:00000000 00:00000000 00000000     0        0 41 1",
		"",
		"   0: 0C004D:2329 00000000:0000 0A 0 0 0 0 0 41 1",
	} {
		if got, ok := parse(line); ok {
			t.Errorf("%q is no listening socket, got %s", line, got)
		}
	}
}

func TestListeningFindsASocketOfThisProcess(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	all, err := Listening()
	if err != nil {
		t.Fatal(err)
	}
	for _, socket := range all {
		if socket.String() == listener.Addr().String() {
			return
		}
	}
	t.Errorf("%s is not among %d sockets of process %d", listener.Addr(), len(all), os.Getpid())
}

func TestNoControlGroupHasNoProcess(t *testing.T) {
	if pids := Processes(""); pids != nil {
		t.Errorf("got %v", pids)
	}
	if open := Open("/there/is/no/such.service"); open != nil {
		t.Errorf("got %v", open)
	}
}
