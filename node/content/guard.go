package content

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"syscall"
)

// guard keeps redirects away from the node itself: root, who fetches, may call what the node's fences close to everybody else.
type guard struct {
	// free says that the declaration names an address of the node: its redirects may lead to others.
	free bool
	// redirected says that the next connection is to where the server sent us, and not to a proxy.
	redirected atomic.Bool
}

func (g *guard) set(redirected bool) { g.redirected.Store(redirected) }

// check an address before a connection to it, when names are resolved.
func (g *guard) check(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err == nil && !g.free && g.redirected.Load() && isLocal(to.Addr()) {
		return fmt.Errorf("it was redirected to %s, an address of the node itself", to)
	}
	return nil
}

func isOfNode(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && isLocal(address)
}

// isLocal says whether an address is on loopback, or is one of those that clouds tell secrets of a node at.
func isLocal(address netip.Addr) bool {
	address = address.Unmap()
	return address.IsLoopback() || address.IsUnspecified() || address.IsLinkLocalUnicast()
}
