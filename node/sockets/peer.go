package sockets

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Holder is the user who holds the end of a TCP connection of this node that has these addresses. For a connection that no process
// has accepted yet the kernel may say 0.
func Holder(local, remote netip.AddrPort) (uid uint32, err error) {
	uid, err = diagnosedHolder(local, remote)
	if err == nil {
		return uid, nil
	}
	return tabledHolder(local, remote) // a kernel without the module tcp_diag, or a unit that may not ask
}

// Offsets in struct inet_diag_req_v2.
const (
	localPortAt, remotePortAt       = 8, 10
	localAddressAt, remoteAddressAt = 12, 28
	cookieAt                        = 48
)

func diagnosedHolder(local, remote netip.AddrPort) (uid uint32, err error) {
	connection, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, nil)
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	family := byte(unix.AF_INET)
	if local.Addr().Is6() {
		family = unix.AF_INET6
	}
	text := request(family, 0)
	binary.BigEndian.PutUint16(text[localPortAt:], local.Port())
	binary.BigEndian.PutUint16(text[remotePortAt:], remote.Port())
	copy(text[localAddressAt:], local.Addr().AsSlice())
	copy(text[remoteAddressAt:], remote.Addr().AsSlice())
	binary.NativeEndian.PutUint64(text[cookieAt:], ^uint64(0)) // any socket
	answers, err := connection.Execute(netlink.Message{
		Header: netlink.Header{Type: sockDiagByFamily, Flags: netlink.Request}, Data: text,
	})
	if err != nil {
		return 0, err
	}
	for _, answer := range answers {
		if len(answer.Data) >= answerSize {
			return binary.NativeEndian.Uint32(answer.Data[uidAt:]), nil
		}
	}
	return 0, errShortAnswer
}

// tabledHolder is the same, as /proc/net/tcp has it.
func tabledHolder(local, remote netip.AddrPort) (uid uint32, err error) {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		file, err := os.Open(table)
		if err != nil {
			continue // no IPv6
		}
		scanner := bufio.NewScanner(file)
		for scanner.Scan() {
			fields := strings.Fields(scanner.Text())
			if len(fields) < 10 || parseAddress(fields[1]) != local || parseAddress(fields[2]) != remote {
				continue
			}
			uid, err := strconv.ParseUint(fields[7], 10, 32)
			file.Close()
			return uint32(uid), err
		}
		file.Close()
	}
	return 0, fmt.Errorf("the kernel knows no connection from %s to %s", local, remote)
}
