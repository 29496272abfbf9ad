package expand

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/consul/consultest"
	"gatehouse/node/document"
	"gatehouse/node/testkit"
)

// entries of the mesh "shop", in short.
func defaults(name, protocol string) string {
	return entryOf(serviceDefaults, name, `"Protocol":"`+protocol+`"`)
}
func resolver(name, fields string) string { return entryOf(serviceResolver, name, fields) }
func splits(name, list string) string     { return entryOf(serviceSplitter, name, `"Splits":[`+list+`]`) }
func to(name, service string) string {
	return entryOf(serviceRouter, name, `"Routes":[{"Match":{"HTTP":{"PathPrefix":"/x"}},"Destination":{`+service+`}}]`)
}

func entryOf(kind, name, fields string) string {
	return `{"Kind":"` + kind + `","Name":"` + name + `","Meta":{"gatehouse-mesh":"shop"},` + fields + `}`
}

// foreign is an entry without the mark.
func foreign(entry string) string {
	return strings.Replace(entry, `"Meta":{"gatehouse-mesh":"shop"},`, "", 1)
}

// later is a declaration: services as protocols by name, and the entries that route.
func later(t *testing.T, services, routing []string, gateways ...string) document.Expand {
	t.Helper()
	all := func(entries []string) string { return "[" + strings.Join(entries, ",") + "]" }
	doc := declared(t, "[]", all(services), all(gateways))
	doc.Routing = parse[[]map[string]any](t, all(routing))
	doc.ACL = true
	return doc
}

const halves = `{"Weight":50,"ServiceSubset":"v1"},{"Weight":50,"ServiceSubset":"v2"}`

var (
	ab    = []string{defaults("a", "http"), defaults("b", "http")}
	v1    = resolver("a", `"Subsets":{"v1":{"Filter":"Node.Node == n1"}}`)
	v1v2  = resolver("a", `"Subsets":{"v1":{"Filter":"Node.Node == n1"},"v2":{"Filter":"Node.Node == n2"}}`)
	onlyB = resolver("b", `"Subsets":{"s":{}}`)
)

var changesOfRouting = []struct {
	name          string
	before, after []string
}{
	{"the first deploy", nil, []string{v1v2, splits("a", halves), to("a", `"ServiceSubset":"v2"`)}},
	{"a subset retired", []string{v1v2, splits("a", halves)}, []string{v1, splits("a", `{"Weight":100,"ServiceSubset":"v1"}`)}},
	{"a subset renamed", []string{v1, splits("a", `{"Weight":100,"ServiceSubset":"v1"}`)},
		[]string{resolver("a", `"Subsets":{"one":{"Filter":"Node.Node == n1"}}`), splits("a", `{"Weight":100,"ServiceSubset":"one"}`)}},
	{"the default subset renamed", []string{resolver("a", `"DefaultSubset":"v1","Subsets":{"v1":{}}`)}, []string{resolver("a", `"DefaultSubset":"one","Subsets":{"one":{}}`)}},
	{"a subset with another filter", []string{v1, splits("a", `{"Weight":100,"ServiceSubset":"v1"}`)},
		[]string{resolver("a", `"Subsets":{"v1":{"Filter":"Node.Node == n9"}}`), splits("a", `{"Weight":100,"ServiceSubset":"v1"}`)}},
	{"the splitter goes, and the resolver with it", []string{v1v2, splits("a", halves)}, nil},
	{"a router goes, and the subset that it named", []string{v1v2, to("a", `"ServiceSubset":"v2"`)}, []string{v1}},
	{"a router of another service goes, and the subset that it named", []string{v1v2, to("b", `"Service":"a","ServiceSubset":"v2"`)}, []string{v1}},
	{"a router names another subset", []string{v1, to("b", `"Service":"a","ServiceSubset":"v1"`)},
		[]string{resolver("a", `"Subsets":{"v2":{}}`), to("b", `"Service":"a","ServiceSubset":"v2"`)}},
	{"a subset renamed that a failover names", []string{onlyB, resolver("a", `"Failover":{"*":{"Service":"b","ServiceSubset":"s"}}`)},
		[]string{resolver("b", `"Subsets":{"t":{}}`), resolver("a", `"Failover":{"*":{"Service":"b","ServiceSubset":"t"}}`)}},
	{"a subset renamed that a target of a failover names", []string{onlyB, resolver("a", `"Failover":{"*":{"Targets":[{"Service":"b","ServiceSubset":"s"}]}}`)},
		[]string{resolver("b", `"Subsets":{"t":{}}`), resolver("a", `"Failover":{"*":{"Targets":[{"Service":"b","ServiceSubset":"t"}]}}`)}},
	{"renamed subsets of two that fail over to each other",
		[]string{resolver("a", `"Subsets":{"s":{}}`), resolver("b", `"Subsets":{"s":{}},"Failover":{"*":{"Service":"a","ServiceSubset":"s"}}`), resolver("a", `"Subsets":{"s":{}},"Failover":{"*":{"Service":"b","ServiceSubset":"s"}}`)},
		[]string{resolver("a", `"Subsets":{"t":{}},"Failover":{"*":{"Service":"b","ServiceSubset":"t"}}`), resolver("b", `"Subsets":{"t":{}},"Failover":{"*":{"Service":"a","ServiceSubset":"t"}}`)}},
	{"two that fail over to each other are removed",
		[]string{resolver("a", `"Subsets":{"s":{}}`), resolver("b", `"Subsets":{"s":{}},"Failover":{"*":{"Service":"a","ServiceSubset":"s"}}`), resolver("a", `"Subsets":{"s":{}},"Failover":{"*":{"Service":"b","ServiceSubset":"s"}}`)}, nil},
	{"a redirect turns round", []string{resolver("a", `"Redirect":{"Service":"b"}`)}, []string{resolver("b", `"Redirect":{"Service":"a"}`)}},
	{"two redirects change places", []string{resolver("a", `"Redirect":{"Service":"b"}`), resolver("b", `"Redirect":{"Service":"c"}`)},
		[]string{resolver("b", `"Redirect":{"Service":"a"}`), resolver("a", `"Redirect":{"Service":"c"}`)}},
	{"a split turns round", []string{splits("a", `{"Weight":50},{"Weight":50,"Service":"b"}`)}, []string{splits("b", `{"Weight":50},{"Weight":50,"Service":"a"}`)}},
}

func TestRouting(t *testing.T) {
	for _, test := range changesOfRouting {
		t.Run(test.name, func(t *testing.T) {
			m := newMesh(t)
			services := append([]string{defaults("c", "http")}, ab...)
			m.has(services...)
			m.has(test.before...)
			for range 2 { // the second finds nothing to do
				testkit.Must(m, m.route(later(t, services, test.after)))
				m.hasRouting(test.after)
			}
		})
	}
}

func (m mesh) route(doc document.Expand) error {
	m.Helper()
	m.arrives(consultest.ManagementToken)
	return Route(m.Context(), m.host, doc, agent.Connect)
}

// hasRouting checks that Consul has these entries and no others that route.
func (m mesh) hasRouting(wanted []string) {
	m.Helper()
	entries := 0
	for _, kind := range routes {
		all, _, err := m.consul.Entries(m.Context(), kind)
		testkit.Must(m, err)
		entries += len(all)
	}
	if entries != len(wanted) {
		m.Errorf("Consul has %d entries that route: %s", entries, m.everything())
	}
	for _, text := range wanted {
		entry := parse[consul.Entry](m.T, text)
		has := parse[consul.Entry](m.T, m.entry(entry.Kind(), entry.Name()))
		for _, field := range []string{"Subsets", "DefaultSubset", "Redirect"} {
			if !same(has[field], entry[field]) && entry[field] != nil || has[field] != nil && entry[field] == nil {
				m.Errorf("%s: %s is %v", nameOf(entry), field, has[field])
			}
		}
		gone := links(has)
		for at, one := range links(entry) {
			if at >= len(gone) || gone[at] != one {
				m.Errorf("%s leads to %v, want %v", nameOf(entry), gone, links(entry))
			}
		}
	}
}

// everything in Consul, as text.
func (m mesh) everything() string {
	m.Helper()
	var all []string
	for _, kind := range kinds {
		entries, _, err := m.consul.Entries(m.Context(), kind)
		testkit.Must(m, err)
		for _, entry := range entries {
			text, _ := json.Marshal(entry)
			all = append(all, string(text))
		}
	}
	return strings.Join(all, "\n")
}

func TestARefusedEntryPutsAllRoutingBack(t *testing.T) {
	m := newMesh(t)
	m.has(ab...)
	m.has(v1v2, splits("a", halves), to("b", `"Service":"a"`))
	before := m.everything()
	// No service speaks the protocol of b's new router.
	after := []string{v1, splits("a", `{"Weight":100,"ServiceSubset":"v1"}`), to("b", `"Service":"nobody"`)}
	err := m.route(later(t, ab, after))
	m.wantError(err, "not every entry that routes calls could be written: Consul refuses service-router/b: ", "everything is as before again: service-splitter/a.")
	if now := m.everything(); now != before {
		t.Errorf("Consul has\n%s\nand had\n%s", now, before)
	}
}

func TestAnEndedRunPutsAllRoutingBack(t *testing.T) {
	m := newMesh(t)
	m.has(ab...)
	m.has(v1v2, splits("a", halves))
	before := m.everything()
	m.arrives(consultest.ManagementToken)
	lost := refusing(serviceResolver, "")
	err := Route(t.Context(), m.host, later(t, ab, []string{v1, splits("a", `{"Weight":100,"ServiceSubset":"v1"}`)}),
		m.through(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut && lost(discard{w}, r) {
				panic(http.ErrAbortHandler) // no answer
			}
			return false
		}))
	m.wantError(err, "service-resolver/a was not written: ", "NOT as before: service-resolver/a")
	if now := m.everything(); now != before {
		t.Errorf("Consul has\n%s\nand had\n%s", now, before)
	}
}

// discard every write.
type discard struct{ http.ResponseWriter }

func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

func TestAServiceGoesThatAFailoverNames(t *testing.T) {
	m := newMesh(t)
	m.has(ab...)
	m.has(onlyB, resolver("a", `"Failover":{"*":{"Service":"b","ServiceSubset":"s"}}`))
	doc := later(t, ab[:1], nil)
	_, err := m.expand(doc)
	testkit.Must(m, err)
	testkit.Must(m, m.route(doc))
	testkit.Must(m, m.consul.DeleteEntry(t.Context(), serviceDefaults, "b"))
}
