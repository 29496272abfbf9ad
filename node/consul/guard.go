package consul

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/user"
	"strconv"

	"gatehouse/node/host"
	"gatehouse/node/sockets"
)

// Dial the node's agent. The connection is closed again, before a token is sent, when another program accepts connections there: one
// may sit on the port while the agent restarts.
func Dial(ctx context.Context, network, address string) (net.Conn, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil || os.Geteuid() != 0 {
		return connection, err // who is not root sends no token of root's
	}
	if err := checkHolder(connection, trustsAgent); err != nil {
		connection.Close()
		return nil, err
	}
	return connection, nil
}

// checkHolder of the other end. The listening sockets are looked at first: as long as no process has accepted the connection its
// listener is still there, and afterwards the connection has the user who accepted it.
func checkHolder(connection net.Conn, trusts func(uid uint32) bool) error {
	near, isTCP := connection.LocalAddr().(*net.TCPAddr)
	far, _ := connection.RemoteAddr().(*net.TCPAddr)
	if !isTCP || !far.IP.IsLoopback() {
		return nil
	}
	listening, err := sockets.Listening()
	if err != nil {
		return err
	}
	at := unmapped(far)
	for _, one := range listening {
		if one.Port == far.Port && (one.Address == at.Addr() || one.Address.IsUnspecified()) && !trusts(one.UID) {
			return strangerAt(at, one.UID)
		}
	}
	uid, err := sockets.Holder(at, unmapped(near))
	if err != nil {
		return fmt.Errorf("it is not known who answers at %s, so no token was sent: %w", at, err)
	}
	if !trusts(uid) {
		return strangerAt(at, uid)
	}
	return nil
}

func unmapped(address *net.TCPAddr) netip.AddrPort {
	at := address.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

func strangerAt(at netip.AddrPort, uid uint32) error {
	name := strconv.FormatUint(uint64(uid), 10)
	if found, err := user.LookupId(name); err == nil {
		name = found.Username
	}
	return fmt.Errorf("the program that listens on %s runs as the user %s and is not Consul's agent, so no token was sent; see on this node: ss -ltnp 'sport = :%d'",
		at, name, at.Port())
}

// Users of units with DynamicUser= (systemd.exec(5)), and of programs that have none.
const (
	firstDynamic, lastDynamic = 61184, 65519
	noUser                    = 65534 // "nobody"
)

// trustsAgent says whether the agent may run as this user. Which user an agent has that a person set up is not known: there the users
// of units like those of a mesh are refused.
func trustsAgent(uid uint32) bool {
	if uid == 0 {
		return true
	}
	if _, err := os.Stat(host.AgentRecord); err != nil {
		return uid != noUser && (uid < firstDynamic || uid > lastDynamic)
	}
	agent, err := user.Lookup("consul")
	return err == nil && agent.Uid == strconv.FormatUint(uint64(uid), 10)
}
