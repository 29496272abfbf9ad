package instance

import (
	"fmt"
	"net/netip"
	"os"
	"strings"

	"gatehouse/node/sockets"
)

// Kernel tells about the processes that really run here.
type Kernel struct{}

func executable(pid int) string { return fmt.Sprintf("/proc/%d/exe", pid) }

// Executable implements Processes.
func (Kernel) Executable(pid int) string {
	path, _ := os.Readlink(executable(pid))
	return strings.TrimSuffix(path, " (deleted)")
}

// ExecutableSHA256 implements Processes.
func (Kernel) ExecutableSHA256(pid int) string {
	sha256, _ := SHA256(executable(pid))
	return sha256
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// at are the sockets that take connections to 127.0.0.1:port.
func at(port int) []sockets.Socket {
	all, _ := sockets.Listening()
	var found []sockets.Socket
	for _, socket := range all {
		if socket.Port == port && (socket.Address == loopback || socket.Address.IsUnspecified()) {
			found = append(found, socket)
		}
	}
	return found
}

// Listens implements Processes.
func (Kernel) Listens(port int) bool { return len(at(port)) > 0 }

// Serves implements Processes.
func (Kernel) Serves(controlGroup string, port int) bool {
	listening := at(port)
	if len(listening) == 0 {
		return false
	}
	held := sockets.InGroup(controlGroup)
	for _, socket := range listening {
		if !held[socket.Inode] {
			return false
		}
	}
	return true
}

// Holder implements Processes.
func (Kernel) Holder(port int) string {
	owners := sockets.Owners()
	for _, socket := range at(port) {
		if pid, known := owners[socket.Inode]; known {
			name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
			return fmt.Sprintf("%s (process %d)", strings.TrimSpace(string(name)), pid)
		}
	}
	return "an unknown process"
}

// Open implements Processes.
func (Kernel) Open(controlGroup string) []string {
	var found []string
	for _, socket := range sockets.Open(controlGroup) {
		found = append(found, socket.String())
	}
	return found
}
