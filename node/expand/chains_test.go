package expand

import (
	"strings"
	"testing"

	"gatehouse/node/consul/consultest"
	"gatehouse/node/testkit"
)

func edgeTo(name, protocol string) string {
	return entryOf(ingressGateway, "edge", `"Listeners":[{"Port":8080,"Protocol":"`+protocol+`","Services":[{"Name":"`+name+`"}]}]`)
}

var (
	redirect = resolver("a", `"Redirect":{"Service":"b"}`)
	failover = resolver("a", `"Failover":{"*":{"Service":"b"}}`)
	chain    = []string{resolver("b", `"Redirect":{"Service":"c"}`), splits("a", `{"Weight":50},{"Weight":50,"Service":"b"}`), to("a", `"Service":"c"`)}
)

func TestChainsChangeTheirProtocolTogether(t *testing.T) {
	tests := []struct {
		name, from, to string
		before, after  []string
	}{
		{"a redirect", "http", "tcp", []string{redirect}, []string{redirect}},
		{"a redirect", "tcp", "grpc", []string{redirect}, []string{redirect}},
		{"a failover", "http", "tcp", []string{failover}, []string{failover}},
		{"routes that tcp does not know", "http", "tcp", chain, chain[:1]},
		{"routes", "http", "http2", chain, chain},
		{"routes that tcp did not know", "tcp", "http", chain[:1], chain},
		{"a redirect that turns round", "http", "http2", []string{redirect}, []string{resolver("b", `"Redirect":{"Service":"a"}`)}},
		{"a redirect that goes", "http", "tcp", []string{redirect}, nil},
		{"subsets", "http", "tcp", []string{v1v2, splits("a", halves)}, []string{v1}},
	}
	for _, test := range tests {
		t.Run(test.name+", "+test.from+" to "+test.to, func(t *testing.T) {
			m := newMesh(t)
			speaking := func(protocol string) []string {
				return []string{defaults("a", protocol), defaults("b", protocol), defaults("c", protocol)}
			}
			m.has(speaking(test.from)...)
			m.has(test.before...)
			m.has(edgeTo("a", test.from))
			doc := later(t, speaking(test.to), test.after, edgeTo("a", test.to))
			_, err := m.expand(doc)
			testkit.Must(m, err)
			for _, name := range []string{"a", "b", "c"} {
				if entry := m.entry(serviceDefaults, name); !strings.Contains(entry, `"Protocol":"`+test.to+`"`) {
					t.Errorf("Consul has %s", entry)
				}
			}
			testkit.Must(m, m.route(doc))
			m.hasRouting(test.after)
			if edge := m.entry(ingressGateway, "edge"); !strings.Contains(edge, `"Protocol":"`+test.to+`"`) {
				t.Errorf("Consul has %s", edge)
			}
		})
	}
}

func TestLinksAreThereAgainAtOnce(t *testing.T) {
	m := newMesh(t)
	m.has(defaults("a", "http"), defaults("b", "http"), redirect)
	said, err := m.expand(later(t, []string{defaults("a", "tcp"), defaults("b", "tcp")}, []string{redirect}))
	testkit.Must(m, err)
	m.wantSaid(said, "edges made ready: 0", "protocols: PUT service-resolver/a", "protocols: PUT service-defaults/a",
		"protocols: PUT service-defaults/b", "protocols: PUT service-resolver/a")
	m.hasRouting([]string{redirect})
}

func TestOneOfAChainChangesAndTheLinkGoes(t *testing.T) {
	m := newMesh(t)
	m.has(defaults("a", "http"), defaults("b", "http"), redirect)
	doc := later(t, []string{defaults("a", "http"), defaults("b", "tcp")}, nil)
	_, err := m.expand(doc)
	testkit.Must(m, err)
	testkit.Must(m, m.route(doc))
	m.hasRouting(nil)
}

// Each is an entry of another owner that does not fit the declaration.
func TestForeignEntriesRefuseTheDeployBeforeItBegins(t *testing.T) {
	tests := []struct {
		name    string
		has     []string
		foreign string
		after   []string // services
		routing []string
		want    string
	}{
		{"a splitter that names a retired subset", []string{v1v2}, splits("b", `{"Weight":100,"Service":"a","ServiceSubset":"v2"}`), ab, []string{v1},
			"service-splitter/b, an entry in Consul that is not of this mesh, names the subset v2 of a, which is no longer declared"},
		{"a failover that names a subset of a resolver that goes", []string{v1}, resolver("b", `"Failover":{"*":{"Service":"a","ServiceSubset":"v1"}}`), ab, nil,
			"service-resolver/b, an entry in Consul that is not of this mesh, names the subset v1 of a"},
		{"a failover to a service that goes", nil, resolver("b", `"Failover":{"*":{"Service":"a"}}`), ab[1:], nil, "names the service a, which is no longer declared"},
		{"a gateway to a service that goes", nil, edgeTo("a", "http"), ab[1:], nil, "ingress-gateway/edge, an entry in Consul that is not of this mesh, names the service a"},
		{"a redirect to a service that changes its protocol", nil, redirect, []string{defaults("b", "tcp")}, nil, "ties b to its protocol http, and tcp is declared"},
		{"a router of a service that becomes tcp", nil, to("a", `"ServiceSubset":""`), []string{defaults("a", "tcp")}, nil, "ties a to its protocol http, and tcp is declared"},
		{"a gateway to a service that changes its protocol", nil, edgeTo("a", "http"), []string{defaults("a", "grpc")}, nil, "ingress-gateway/edge, an entry in Consul that is not of this mesh, ties a to"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMesh(t)
			m.has(ab...)
			m.has(test.has...)
			m.has(foreign(test.foreign))
			before := m.everything()
			doc := later(t, test.after, test.routing)
			_, err := m.expand(doc)
			m.wantError(err, test.want, "nothing was changed")
			m.arrives(consultest.ManagementToken)
			m.wantError(Route(t.Context(), m.host, doc, agent.Connect), test.want)
			if now := m.everything(); now != before {
				t.Errorf("Consul has\n%s\nand had\n%s", now, before)
			}
		})
	}
}

func TestForeignEntriesThatAreNotInTheWayStay(t *testing.T) {
	m := newMesh(t)
	stays := foreign(splits("b", `{"Weight":100,"Service":"a","ServiceSubset":"v1"}`))
	m.has(ab[0], foreign(ab[1]))
	m.has(v1v2, stays, foreign(edgeTo("b", "http")))
	testkit.Must(m, m.route(later(t, ab[:1], []string{v1})))
	m.hasRouting([]string{v1, stays})
}
