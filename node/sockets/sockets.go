// Package sockets finds out from the kernel which process listens on which port.
package sockets

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Socket that listens for TCP connections.
type Socket struct {
	Address netip.Addr
	Port    int
	// UID of the user who opened it.
	UID   uint32
	Inode string
	// Kernel is address:port as /proc/net/tcp writes it.
	Kernel string
}

// Listening are all listening TCP sockets of this network namespace.
func Listening() ([]Socket, error) {
	if all, err := diagnosed(); err == nil {
		return all, nil
	}
	return tabled() // a kernel without the module tcp_diag
}

// tabled are the same sockets, as /proc/net/tcp has them.
func tabled() ([]Socket, error) {
	var all []Socket
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		file, err := os.Open(table)
		if err != nil {
			if os.IsNotExist(err) {
				continue // no IPv6
			}
			return nil, err
		}
		scanner := bufio.NewScanner(file)
		for scanner.Scan() {
			if socket, ok := parse(scanner.Text()); ok {
				all = append(all, socket)
			}
		}
		file.Close()
	}
	return all, nil
}

const listen = "0A"

// parse a line of /proc/net/tcp.
func parse(line string) (Socket, bool) {
	fields := strings.Fields(line)
	if len(fields) < 10 || fields[3] != listen {
		return Socket{}, false
	}
	uid, uidErr := strconv.ParseUint(fields[7], 10, 32)
	at := parseAddress(fields[1])
	if !at.IsValid() || uidErr != nil {
		return Socket{}, false
	}
	return Socket{Address: at.Addr(), Port: int(at.Port()), UID: uint32(uid), Inode: fields[9], Kernel: fields[1]}, true
}

// parseAddress parses address:port as /proc/net/tcp writes it, each four bytes of an address in reverse order. The result is not
// valid where it is none.
func parseAddress(text string) netip.AddrPort {
	address, port, found := strings.Cut(text, ":")
	bytes, err := hex.DecodeString(address)
	number, portErr := strconv.ParseUint(port, 16, 16)
	if !found || err != nil || portErr != nil || len(bytes)%4 != 0 {
		return netip.AddrPort{}
	}
	for i := 0; i < len(bytes); i += 4 {
		bytes[i], bytes[i+1], bytes[i+2], bytes[i+3] = bytes[i+3], bytes[i+2], bytes[i+1], bytes[i]
	}
	ip, ok := netip.AddrFromSlice(bytes)
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(number))
}

// kernelText is address:port as /proc/net/tcp writes it.
func kernelText(address []byte, port uint16) string {
	var text strings.Builder
	for i := 0; i < len(address); i += 4 {
		fmt.Fprintf(&text, "%08X", binary.NativeEndian.Uint32(address[i:]))
	}
	return fmt.Sprintf("%s:%04X", text.String(), port)
}

// String is address:port.
func (s Socket) String() string { return netip.AddrPortFrom(s.Address, uint16(s.Port)).String() }

// InGroup are the inodes of the sockets that processes of a control group hold; group as systemd names it.
func InGroup(group string) map[string]bool {
	held := map[string]bool{}
	for _, pid := range Processes(group) {
		for _, inode := range socketsIn(fmt.Sprintf("/proc/%d/fd", pid)) {
			held[inode] = true
		}
	}
	return held
}

// Owners are process ids by the inodes of the sockets that they hold; if several hold one, any of them.
func Owners() map[string]int {
	owners := map[string]int{}
	folders, _ := filepath.Glob("/proc/[0-9]*/fd")
	for _, folder := range folders {
		pid, _ := strconv.Atoi(strings.Split(folder, "/")[2])
		for _, inode := range socketsIn(folder) {
			owners[inode] = pid
		}
	}
	return owners
}

var inUnit = regexp.MustCompile(`(?m)^(?:0:|\d+:name=systemd):.*/([^/\n]+\.(?:service|scope))(?:/.*)?$`)

// UnitOf a process, as systemd names it: a service or a scope; "" where it is in none.
func UnitOf(pid int) string {
	groups, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if found := inUnit.FindSubmatch(groups); found != nil {
		return string(found[1])
	}
	return ""
}

// socketsIn a folder /proc/PID/fd: their inodes.
func socketsIn(folder string) []string {
	var inodes []string
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(folder, entry.Name()))
		if inode, isSocket := strings.CutPrefix(target, "socket:["); err == nil && isSocket {
			inodes = append(inodes, strings.TrimSuffix(inode, "]"))
		}
	}
	return inodes
}

// Processes of a control group and of those below it.
func Processes(group string) []int {
	if group == "" {
		return nil
	}
	seen := map[int]bool{}
	var pids []int
	// One of these exists: cgroup v2 alone, or v1 with or without a v2 mounted next to it.
	for _, hierarchy := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"} {
		_ = filepath.WalkDir(filepath.Join(hierarchy, group), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.Name() != "cgroup.procs" {
				return nil
			}
			text, _ := os.ReadFile(path)
			for _, line := range strings.Fields(string(text)) {
				if pid, err := strconv.Atoi(line); err == nil && !seen[pid] {
					seen[pid] = true
					pids = append(pids, pid)
				}
			}
			return nil
		})
	}
	return pids
}

// Open are the sockets of a control group that other nodes can reach: those that are not on loopback.
func Open(group string) []Socket {
	held := InGroup(group)
	if len(held) == 0 {
		return nil
	}
	all, _ := Listening()
	var open []Socket
	seen := map[string]bool{}
	for _, socket := range all {
		if held[socket.Inode] && !socket.Address.IsLoopback() && !seen[socket.String()] {
			seen[socket.String()] = true
			open = append(open, socket)
		}
	}
	return open
}
