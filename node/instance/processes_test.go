package instance

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

func TestTheHolderOfAPortIsNamed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	if got, want := (Kernel{}).Holder(port), fmt.Sprintf(" (process %d)", os.Getpid()); !strings.HasSuffix(got, want) {
		t.Errorf("got %q, want ...%q", got, want)
	}
}
