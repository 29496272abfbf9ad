package sockets

import (
	"net"
	"os"
	"slices"
	"strings"
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

func TestTheKernelIsAskedForTheSocketsThatItsTableHas(t *testing.T) {
	for network, address := range map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0", "tcp": ":0"} {
		listener, err := net.Listen(network, address)
		if err != nil {
			t.Logf("%s: %v", network, err) // no IPv6 here
			continue
		}
		defer listener.Close()
	}
	asked, err := diagnosed()
	if err != nil {
		t.Skipf("SKIPPED, since this kernel has no tcp_diag: %v", err)
	}
	table, err := tabled()
	if err != nil {
		t.Fatal(err)
	}
	order := func(one, other Socket) int { return strings.Compare(one.Inode, other.Inode) }
	slices.SortFunc(asked, order)
	slices.SortFunc(table, order)
	// Other programs start and stop meanwhile, so only the sockets of this process are compared.
	own := inProcess(t)
	mine := func(all []Socket) []Socket {
		return slices.DeleteFunc(slices.Clone(all), func(one Socket) bool { return !own[one.Inode] })
	}
	if len(mine(asked)) < 2 || !slices.Equal(mine(asked), mine(table)) {
		t.Errorf("the kernel says %v, its table %v", mine(asked), mine(table))
	}
}

// inProcess are the inodes of this process's sockets.
func inProcess(t *testing.T) map[string]bool {
	t.Helper()
	own := map[string]bool{}
	for _, inode := range socketsIn("/proc/self/fd") {
		own[inode] = true
	}
	return own
}

func TestListeningFindsASocketOfThisProcess(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for name, look := range map[string]func() ([]Socket, error){"Listening": Listening, "tabled": tabled} {
		all, err := look()
		if err != nil {
			t.Fatal(err)
		}
		isOurs := func(one Socket) bool { return one.String() == listener.Addr().String() }
		if !slices.ContainsFunc(all, isOurs) {
			t.Errorf("%s: %s is not among %d sockets of process %d", name, listener.Addr(), len(all), os.Getpid())
		}
	}
}

func TestNoControlGroupHasNoProcess(t *testing.T) {
	if pids := Processes(""); pids != nil {
		t.Errorf("got %v", pids)
	}
	if open := Open("/there/is/no/such.service"); open != nil {
		t.Errorf("got %v", open)
	}
}
