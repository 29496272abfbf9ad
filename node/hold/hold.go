// Package hold makes callers of a port that is closed for a moment wait, instead of being refused: TCP tries again by
// itself a second later. The kernel ends it by itself, whatever happens to this program.
package hold

import (
	"errors"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// longest that new connections are held back.
const longest = 10 * time.Second

// priority before the filters that a person may have.
const priority = -10

const (
	tcpFlagsOffset = 13
	tcpPortOffset  = 2
	syn, ack       = 0x02, 0x10
)

// Holder holds new connections back. Name keeps the ports of one instance apart from those of another.
type Holder interface {
	Hold(name string, ports []int) error
	// Open lets the held ports go, and leaves what is redirected.
	Open(name string)
	// Redirect new connections to a port to another one, until Release or for half a minute.
	Redirect(name string, ports map[int]int) error
	// Release everything of this name.
	Release(name string)
}

// Kernel holds them back with nf_tables.
type Kernel struct{}

func table(name string) *nftables.Table {
	return &nftables.Table{Family: nftables.TableFamilyINet, Name: "gatehouse-" + name}
}

// Hold implements Holder.
func (k Kernel) Hold(name string, ports []int) error {
	if len(ports) == 0 {
		return nil
	}
	k.Release(name)
	conn, err := nftables.New()
	if err != nil {
		return err
	}
	own := conn.AddTable(table(name))
	closed := &nftables.Set{Table: own, Name: "closed", KeyType: nftables.TypeInetService, HasTimeout: true, Timeout: longest}
	elements := make([]nftables.SetElement, 0, len(ports))
	for _, port := range ports {
		elements = append(elements, nftables.SetElement{Key: binaryutil.BigEndian.PutUint16(uint16(port))})
	}
	if err := conn.AddSet(closed, elements); err != nil {
		return err
	}
	input := conn.AddChain(&nftables.Chain{
		Table: own, Name: "input", Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityRef(priority),
	})
	conn.AddRule(&nftables.Rule{Table: own, Chain: input, Exprs: dropNewConnections(closed)})
	return conn.Flush()
}

// dropNewConnections to the ports of a set: a SYN without an ACK.
func dropNewConnections(to *nftables.Set) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{unix.IPPROTO_TCP}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: tcpFlagsOffset, Len: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 1, Mask: []byte{syn | ack}, Xor: []byte{0}},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{syn}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: tcpPortOffset, Len: 2},
		&expr.Lookup{SourceRegister: 1, SetName: to.Name, SetID: to.ID},
		&expr.Verdict{Kind: expr.VerdictDrop},
	}
}

// Release implements Holder. Nothing held is no error.
func (Kernel) Release(name string) {
	remove(table(name))
	remove(redirects(name))
}

// Open implements Holder.
func (Kernel) Open(name string) { remove(table(name)) }

func remove(table *nftables.Table) {
	conn, err := nftables.New()
	if err != nil {
		return
	}
	conn.DelTable(table)
	if err := conn.Flush(); err != nil && !errors.Is(err, unix.ENOENT) {
		return // the kernel lets go by itself
	}
}
