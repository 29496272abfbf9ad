package fence

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Table has the rules. The tables of package hold are named gatehouse-INSTANCE, and no instance has this one: `nft list table inet gatehouse_fence` shows them.
const Table = "gatehouse_fence"

// Names of its sets.
const (
	closedSet  = "closed"
	callersSet = "callers"
	refusedSet = "refused"
)

// priority before the filters that a person may have.
const priority = -10

// Netfilter is the Kernel that really runs here: nf_tables.
type Netfilter struct{}

func table() *nftables.Table {
	return &nftables.Table{Family: nftables.TableFamilyINet, Name: Table}
}

// portAndUser is the key of a set.
var portAndUser = nftables.MustConcatSetType(nftables.TypeInetService, nftables.TypeUID)

// Write implements Kernel. All of it is one transaction: at no moment is a port without its rules.
func (Netfilter) Write(rules Rules) error {
	if rules.Empty() {
		return removeTable()
	}
	conn, err := nftables.New()
	if err != nil {
		return err
	}
	conn.AddTable(table()) // deleting one that is not there fails
	conn.DelTable(table())
	own := conn.AddTable(table())
	closed := &nftables.Set{Table: own, Name: closedSet, KeyType: nftables.TypeInetService}
	callers := &nftables.Set{Table: own, Name: callersSet, KeyType: portAndUser, Concatenation: true}
	refused := &nftables.Set{Table: own, Name: refusedSet, KeyType: portAndUser, Concatenation: true}
	var ports []nftables.SetElement
	for port := range rules.Only {
		ports = append(ports, nftables.SetElement{Key: portKey(port)})
	}
	if err := errors.Join(
		conn.AddSet(closed, ports), conn.AddSet(callers, elements(rules.Only)), conn.AddSet(refused, elements(rules.Refused)),
	); err != nil {
		return err
	}
	output := conn.AddChain(&nftables.Chain{
		Table: own, Name: "output", Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookOutput, Priority: nftables.ChainPriorityRef(priority),
	})
	for _, loopback := range []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")} {
		for _, match := range [][]expr.Any{inSet(refused, false), slices.Concat(toPort(closed), notRoot(), inSet(callers, true))} {
			rule := slices.Concat(newConnections(loopback), match, []expr.Any{&expr.Reject{Type: unix.NFT_REJECT_TCP_RST}})
			conn.AddRule(&nftables.Rule{Table: own, Chain: output, Exprs: rule})
		}
	}
	return conn.Flush()
}

func removeTable() error {
	conn, err := nftables.New()
	if err != nil {
		return err
	}
	conn.DelTable(table())
	if err := conn.Flush(); err != nil && !errors.Is(err, unix.ENOENT) {
		return err
	}
	return nil
}

// Read implements Kernel.
func (Netfilter) Read() (Rules, error) {
	rules := Rules{map[int]UIDs{}, map[int]UIDs{}}
	conn, err := nftables.New()
	if err != nil {
		return rules, err
	}
	there, err := conn.ListTablesOfFamily(nftables.TableFamilyINet)
	isOwn := func(one *nftables.Table) bool { return one.Name == Table }
	if err != nil || !slices.ContainsFunc(there, isOwn) {
		return rules, err
	}
	ports, err := conn.GetSetElements(setOf(closedSet))
	if err != nil {
		return rules, err
	}
	for _, one := range ports {
		rules.Only[portOf(one.Key)] = UIDs{}
	}
	for set, into := range map[string]map[int]UIDs{callersSet: rules.Only, refusedSet: rules.Refused} {
		found, err := conn.GetSetElements(setOf(set))
		if err != nil {
			return rules, err
		}
		for _, one := range found {
			port := portOf(one.Key)
			into[port] = append(into[port], binaryutil.NativeEndian.Uint32(one.Key[4:]))
			slices.Sort(into[port])
		}
	}
	return rules, nil
}

func setOf(name string) *nftables.Set { return &nftables.Set{Table: table(), Name: name} }

func portKey(port int) []byte { return binaryutil.BigEndian.PutUint16(uint16(port)) }

func portOf(key []byte) int { return int(binaryutil.BigEndian.Uint16(key)) }

// elements of a set of ports and users: each part takes four bytes.
func elements(rules map[int]UIDs) []nftables.SetElement {
	var all []nftables.SetElement
	for port, uids := range rules {
		for _, uid := range uids {
			key := slices.Concat(portKey(port), []byte{0, 0}, binaryutil.NativeEndian.PutUint32(uid))
			all = append(all, nftables.SetElement{Key: key})
		}
	}
	return all
}
