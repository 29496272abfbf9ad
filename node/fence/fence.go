// Package fence closes ports on loopback to the programs that have no business there, by the user that a program runs as: the ports
// of services, of sidecars' upstreams and of Envoys' admin pages, and the API of Consul's agent. Root may connect to all of them.
//
// There is one table of rules a node. Each run makes it again from the files of all instances, so it does not matter which run was
// the last, nor of which mesh.
package fence

import (
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"gatehouse/node/host"
)

// UIDs are numbers of users.
type UIDs []uint32

// Rules for new connections on loopback.
type Rules struct {
	// Only these users, and root, may connect to a port.
	Only map[int]UIDs
	// Refused users may not connect to a port; all others may.
	Refused map[int]UIDs
	// Answer are the users whose programs, besides root's, may answer at a port: a program of another one that listens there gets
	// no connection.
	Answer map[int]UIDs
}

// NoRules fence nothing, and can be added to.
func NoRules() Rules { return Rules{map[int]UIDs{}, map[int]UIDs{}, map[int]UIDs{}} }

// Empty says that no port is fenced.
func (r Rules) Empty() bool { return len(r.Only) == 0 && len(r.Refused) == 0 && len(r.Answer) == 0 }

// Kernel has the rules.
type Kernel interface {
	// Write replaces all rules at once; none removes the table.
	Write(rules Rules) error
	// Read the rules.
	Read() (Rules, error)
}

// Keeper keeps the fences of a node.
type Keeper struct {
	Host   *host.Host
	Kernel Kernel
	// UID of a user by name; false when there is no such user now.
	UID func(name string) (uint32, bool)
}

// New keeper of the node that this program runs on.
func New(h *host.Host) Keeper { return Keeper{h, Netfilter{}, uidOf(h)} }

// Keep makes the rules those that the node's instances need.
//
// A port that no instance has any more stays closed unless free: its Envoy may still listen there for a moment. Whoever
// changed an instance frees such ports in the end.
func (k Keeper) Keep(free bool) error {
	unlock, err := lock(k.Host)
	if err != nil {
		return err
	}
	defer unlock()
	wanted, err := k.Wanted()
	if err != nil {
		return err
	}
	if !wanted.Empty() && !k.Host.Exists(served) {
		if err := k.Host.Write(served, nil, 0o600, host.Owner{}); err != nil {
			return err
		}
	}
	if !free && !wanted.Empty() {
		now, err := k.Kernel.Read()
		if err != nil {
			return err
		}
		for port := range now.Only {
			if _, refuses := wanted.Refused[port]; !refuses && wanted.Only[port] == nil {
				wanted.Only[port] = UIDs{}
			}
		}
	}
	return k.Kernel.Write(wanted)
}

// lock waits until no other program changes the rules. It is not one of the locks of host, which give up when the connection of a
// deploy breaks: the way back needs the rules, too.
func lock(h *host.Host) (unlock func(), err error) {
	path := h.Path(filepath.Join(host.Locks, "fence"))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		file.Close()
		return nil, err
	}
	return func() { file.Close() }, nil
}

// dynamicUsers is where systemd keeps the users of units with DynamicUser=.
const dynamicUsers = "/run/systemd/dynamic-uid"

// uidOf finds users: those that systemd made for a unit that starts or runs, and those of the node.
func uidOf(h *host.Host) func(name string) (uint32, bool) {
	return func(name string) (uint32, bool) {
		text, err := os.Readlink(h.Path(filepath.Join(dynamicUsers, "direct:"+name)))
		if err != nil {
			found, err := user.Lookup(name)
			if err != nil {
				return 0, false
			}
			text = found.Uid
		}
		uid, err := strconv.ParseUint(text, 10, 32)
		return uint32(uid), err == nil
	}
}

// Ports of the rules, in order.
func (r Rules) Ports() []int {
	var ports []int
	for _, rules := range []map[int]UIDs{r.Only, r.Refused, r.Answer} {
		ports = slices.AppendSeq(ports, maps.Keys(rules))
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}
