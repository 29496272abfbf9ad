package expand

import (
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/testkit"
)

const ofAnotherMesh = `"Meta":{"gatehouse-mesh":"other"},`

// Each would have to change an entry that this mesh did not make.
func TestEntriesOfOthersAreNotChanged(t *testing.T) {
	tests := []struct {
		name string
		doc  document.Expand
		has  []string
		want string
	}{
		{"an intention of another mesh", declared(t, "["+bAllowsA+"]", "[]", "[]"),
			[]string{`{"Kind":"service-intentions","Name":"b",` + ofAnotherMesh + `"Sources":[{"Name":"a","Action":"allow"}]}`},
			`service-intentions/b in Consul belongs to the mesh "other", and the deploy is of shop: nothing was changed`},
		{"a protocol of another mesh's service", declared(t, "[]", "["+bTCP+"]", "[]"),
			[]string{`{"Kind":"service-defaults","Name":"b",` + ofAnotherMesh + `"Protocol":"http"}`},
			`service-defaults/b in Consul belongs to the mesh "other"`},
		{"a gateway of others in front of a service that changes", declared(t, "[]", "["+bTCP+"]", "[]"),
			[]string{bHTTP, dHTTP, shopHTTP},
			"ingress-gateway/edge, an entry in Consul that is not of this mesh, ties b to its protocol http, and tcp is declared"},
		{"a router of others for a service that changes", declared(t, "[]", "["+bTCP+"]", "[]"),
			[]string{bHTTP, `{"Kind":"service-router","Name":"b","Routes":[]}`},
			"service-router/b, an entry in Consul that is not of this mesh, ties b to its protocol http"},
		{"an entry to be taken over from another mesh", takingOver(declared(t, "[]", "[]", "[]"), "service-router/b"),
			[]string{bHTTP, `{"Kind":"service-router","Name":"b",` + ofAnotherMesh + `"Routes":[]}`},
			`service-router/b belongs to the mesh "other": nothing was changed`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMesh(t)
			m.has(test.has...)
			before := m.all()
			_, err := m.expand(test.doc)
			m.wantError(err, test.want)
			if after := m.all(); after != before {
				t.Errorf("had %s\nhas %s", before, after)
			}
		})
	}
}

func takingOver(doc document.Expand, entries ...string) document.Expand {
	doc.TakeOver = entries
	return doc
}

func TestEntriesAreRecordedBeforeTheyAreChanged(t *testing.T) {
	m := newMesh(t)
	m.has(`{"Kind":"service-intentions","Name":"b","Sources":[{"Name":"a","Action":"allow"}]}`)
	before := m.entry(serviceIntentions, "b")
	_, err := m.expand(takingOver(declared(t, "["+bAllowsC+"]", "[]", "[]"), "service-intentions/b"))
	testkit.Must(m, err)
	record, err := m.consul.Key(t.Context(), "gatehouse/shop/taken-over/service-intentions/b")
	testkit.Must(m, err)
	if string(record) != before || m.entry(serviceIntentions, "b") == before {
		t.Errorf("had %s\nrecorded %s\nhas %s", before, record, m.entry(serviceIntentions, "b"))
	}
}

// all entries of b and the gateway.
func (m mesh) all() string {
	m.Helper()
	return m.state() + m.entry(serviceIntentions, "b")
}
