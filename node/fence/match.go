package fence

import (
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

const (
	tcpFlagsOffset = 13
	syn, ack       = 0x02, 0x10
)

// Offsets of a packet's port in the header of TCP.
const (
	tcpSource      = 0
	tcpDestination = 2
)

// portRegister and userRegister are next to each other: together they are the key of a set (NFT_REG32_00 and _01).
const (
	portRegister = unix.NFT_REG32_00
	userRegister = unix.NFT_REG32_01
)

// newConnections to addresses on loopback: a SYN without an ACK.
func newConnections(to netip.Prefix) []expr.Any { return handshakes(to, 16, 24, syn) }

// answers to new connections, from addresses on loopback: a SYN with an ACK.
func answers(from netip.Prefix) []expr.Any { return handshakes(from, 12, 8, syn|ack) }

// handshakes with these flags, and an address in the prefix. Where the address is in the header depends on the version of IP.
func handshakes(address netip.Prefix, offset4, offset6 uint32, flags byte) []expr.Any {
	family, offset, bytes := byte(unix.NFPROTO_IPV4), offset4, address.Addr().AsSlice()
	if address.Addr().Is6() {
		family, offset = unix.NFPROTO_IPV6, offset6
	}
	length := uint32(address.Bits() / 8)
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{family}},
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{unix.IPPROTO_TCP}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: length},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: bytes[:length]},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: tcpFlagsOffset, Len: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 1, Mask: []byte{syn | ack}, Xor: []byte{0}},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{flags}},
	}
}

// atPort of a set: the port that a packet goes to, or comes from.
func atPort(ports *nftables.Set, which uint32) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: portRegister, Base: expr.PayloadBaseTransportHeader, Offset: which, Len: 2},
		&expr.Lookup{SourceRegister: portRegister, SetName: ports.Name, SetID: ports.ID},
	}
}

// isRoot: the user whose socket sends is root.
func isRoot() []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeySKUID, Register: userRegister},
		&expr.Cmp{Op: expr.CmpOpEq, Register: userRegister, Data: binaryutil.NativeEndian.PutUint32(0)},
	}
}

// inSet says whether port and user are in a set.
func inSet(pairs *nftables.Set, which uint32) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: portRegister, Base: expr.PayloadBaseTransportHeader, Offset: which, Len: 2},
		&expr.Meta{Key: expr.MetaKeySKUID, Register: userRegister},
		&expr.Lookup{SourceRegister: portRegister, SetName: pairs.Name, SetID: pairs.ID},
	}
}

// Ends of a rule.
var (
	pass  expr.Any = &expr.Verdict{Kind: expr.VerdictReturn}
	drop  expr.Any = &expr.Verdict{Kind: expr.VerdictDrop}
	reset expr.Any = &expr.Reject{Type: unix.NFT_REJECT_TCP_RST}
)

func verdict(end expr.Any) []expr.Any { return []expr.Any{end} }
