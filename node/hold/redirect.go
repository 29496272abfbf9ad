package hold

import (
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// longestRedirect after which the kernel forgets a redirect by itself.
const longestRedirect = 30 * time.Second

func redirects(name string) *nftables.Table {
	return &nftables.Table{Family: nftables.TableFamilyIPv4, Name: "gatehouse-moved-" + name}
}

// Redirect implements Holder: connections of other nodes and of this one.
func (k Kernel) Redirect(name string, ports map[int]int) error {
	remove(redirects(name))
	conn, err := nftables.New()
	if err != nil {
		return err
	}
	own := conn.AddTable(redirects(name))
	moved := &nftables.Set{Table: own, Name: "moved", IsMap: true, HasTimeout: true, Timeout: longestRedirect,
		KeyType: nftables.TypeInetService, DataType: nftables.TypeInetService}
	var elements []nftables.SetElement
	for from, to := range ports {
		elements = append(elements, nftables.SetElement{
			Key: binaryutil.BigEndian.PutUint16(uint16(from)), Val: binaryutil.BigEndian.PutUint16(uint16(to)),
		})
	}
	if err := conn.AddSet(moved, elements); err != nil {
		return err
	}
	for hook, at := range map[string]*nftables.ChainHook{"prerouting": nftables.ChainHookPrerouting, "output": nftables.ChainHookOutput} {
		chain := conn.AddChain(&nftables.Chain{
			Table: own, Name: hook, Type: nftables.ChainTypeNAT, Hooknum: at, Priority: nftables.ChainPriorityNATDest,
		})
		conn.AddRule(&nftables.Rule{Table: own, Chain: chain, Exprs: redirectTo(moved)})
	}
	return conn.Flush()
}

// redirectTo the port that a map has for the one that is called.
func redirectTo(moved *nftables.Set) []expr.Any {
	return []expr.Any{
		&expr.Fib{Register: 1, FlagDADDR: true, ResultADDRTYPE: true},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: binaryutil.NativeEndian.PutUint32(unix.RTN_LOCAL)},
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{unix.IPPROTO_TCP}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: tcpPortOffset, Len: 2},
		&expr.Lookup{SourceRegister: 1, DestRegister: 1, IsDestRegSet: true, SetName: moved.Name, SetID: moved.ID},
		&expr.Redir{RegisterProtoMin: 1},
	}
}
