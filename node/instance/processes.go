package instance

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"gatehouse/node/content"
	"gatehouse/node/sockets"
)

// Kernel is the Processes that really run here.
type Kernel struct{}

func executable(pid int) string { return fmt.Sprintf("/proc/%d/exe", pid) }

// Executable implements Processes.
func (Kernel) Executable(pid int) string {
	path, _ := os.Readlink(executable(pid))
	return strings.TrimSuffix(path, " (deleted)")
}

// ExecutableSHA256 implements Processes.
func (Kernel) ExecutableSHA256(pid int) string {
	sha256, _ := content.SHA256(executable(pid))
	return sha256
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// at are the sockets that accept connections to 127.0.0.1:port.
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

// Holders implements Processes.
func (Kernel) Holders(address string, port int) []Holding {
	at, err := netip.ParseAddr(address)
	anywhere := address == "" || err == nil && at.IsUnspecified()
	if !anywhere && (err != nil || !isLocal(at)) {
		return nil // a port of another node
	}
	all, _ := sockets.Listening()
	all = slices.DeleteFunc(all, func(one sockets.Socket) bool {
		return one.Port != port || !anywhere && one.Address != at.Unmap() && !one.Address.IsUnspecified()
	})
	if len(all) == 0 {
		return nil
	}
	owners := sockets.Owners()
	var found []Holding
	for _, socket := range all {
		pid, known := owners[socket.Inode]
		if !known || slices.ContainsFunc(found, func(one Holding) bool { return one.PID == pid }) {
			continue
		}
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		found = append(found, Holding{pid, strings.TrimSpace(string(name)), sockets.UnitOf(pid)})
	}
	return found
}

func isLocal(address netip.Addr) bool {
	if address.IsLoopback() {
		return true
	}
	all, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(all, func(one net.Addr) bool {
		prefix, err := netip.ParsePrefix(one.String())
		return err == nil && prefix.Addr().Unmap() == address.Unmap()
	})
}

// Open implements Processes.
func (Kernel) Open(controlGroup string) []string {
	var found []string
	for _, socket := range sockets.Open(controlGroup) {
		found = append(found, socket.String())
	}
	return found
}
