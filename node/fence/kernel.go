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
	closedSet    = "closed"
	callersSet   = "callers"
	refusedSet   = "refused"
	answeredSet  = "answered"
	answerersSet = "answerers"
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
	answered := &nftables.Set{Table: own, Name: answeredSet, KeyType: nftables.TypeInetService}
	answerers := &nftables.Set{Table: own, Name: answerersSet, KeyType: portAndUser, Concatenation: true}
	if err := errors.Join(
		conn.AddSet(closed, ports(rules.Only)), conn.AddSet(callers, elements(rules.Only)), conn.AddSet(refused, elements(rules.Refused)),
		conn.AddSet(answered, ports(rules.Answer)), conn.AddSet(answerers, elements(rules.Answer)),
	); err != nil {
		return err
	}
	output := conn.AddChain(&nftables.Chain{
		Table: own, Name: "output", Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookOutput, Priority: nftables.ChainPriorityRef(priority),
	})
	for _, loopback := range []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")} {
		rule := func(exprs ...[]expr.Any) {
			conn.AddRule(&nftables.Rule{Table: own, Chain: output, Exprs: slices.Concat(exprs...)})
		}
		// A packet that belongs to no socket matches no rule with a user. So who may is let through first, and all others are refused.
		calls, answer := newConnections(loopback), answers(loopback)
		rule(calls, inSet(refused, tcpDestination), verdict(reset))
		rule(calls, atPort(closed, tcpDestination), isRoot(), verdict(pass))
		rule(calls, inSet(callers, tcpDestination), verdict(pass))
		rule(calls, atPort(closed, tcpDestination), verdict(reset))
		rule(answer, atPort(answered, tcpSource), isRoot(), verdict(pass))
		rule(answer, inSet(answerers, tcpSource), verdict(pass))
		// Who called waits: a reset would go to the program that answered.
		rule(answer, atPort(answered, tcpSource), verdict(drop))
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
	rules := NoRules()
	conn, err := nftables.New()
	if err != nil {
		return rules, err
	}
	there, err := conn.ListTablesOfFamily(nftables.TableFamilyINet)
	isOwn := func(one *nftables.Table) bool { return one.Name == Table }
	if err != nil || !slices.ContainsFunc(there, isOwn) {
		return rules, err
	}
	sets, err := conn.GetSets(table())
	if err != nil {
		return rules, err
	}
	// An earlier version had fewer of them.
	for _, set := range sets {
		if err := readSet(conn, set, rules); err != nil {
			return rules, err
		}
	}
	return rules, nil
}

func readSet(conn *nftables.Conn, set *nftables.Set, rules Rules) error {
	found, err := conn.GetSetElements(&nftables.Set{Table: table(), Name: set.Name})
	if err != nil {
		return err
	}
	into := map[string]map[int]UIDs{
		closedSet: rules.Only, callersSet: rules.Only, refusedSet: rules.Refused, answeredSet: rules.Answer, answerersSet: rules.Answer,
	}[set.Name]
	for _, one := range found {
		port := portOf(one.Key)
		if into[port] == nil {
			into[port] = UIDs{}
		}
		if len(one.Key) > 4 {
			into[port] = append(into[port], binaryutil.NativeEndian.Uint32(one.Key[4:]))
			slices.Sort(into[port])
		}
	}
	return nil
}

func portKey(port int) []byte { return binaryutil.BigEndian.PutUint16(uint16(port)) }

func portOf(key []byte) int { return int(binaryutil.BigEndian.Uint16(key)) }

// ports of rules, as elements of a set.
func ports(rules map[int]UIDs) []nftables.SetElement {
	var all []nftables.SetElement
	for port := range rules {
		all = append(all, nftables.SetElement{Key: portKey(port)})
	}
	return all
}

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
