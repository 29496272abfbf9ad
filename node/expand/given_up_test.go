package expand

import (
	"os"
	"strings"
	"testing"

	"gatehouse/node/consul/consultest"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/secrets"
	"gatehouse/node/taken"
	"gatehouse/node/testkit"
)

const callers = `{"Kind":"service-intentions","Name":"web","Meta":{"team":"b"},"Sources":[{"Name":"old","Action":"allow"}]}`

// taking is a deploy that takes these callers over and lets another one call.
func taking(t *testing.T) document.Expand {
	doc := document.Expand{Owner: document.Owner{Mesh: "shop", Node: "server1"}, TakeOver: []string{"service-intentions/web"}}
	doc.Intentions = []map[string]any{parse[map[string]any](t, `{"Kind":"service-intentions","Name":"web","Meta":{"gatehouse-mesh":"shop"},"Sources":[{"Name":"new","Action":"allow"}]}`)}
	return doc
}

// givenUp is the deploy of a declaration that does not name the entry any more.
func (m mesh) givenUp() {
	m.Helper()
	testkit.Must(m, m.host.Folder(secrets.Arriving("shop"), 0o700, host.Owner{}))
	testkit.Must(m, os.WriteFile(m.host.Path(secrets.Arriving("shop")+"/settle.json"), []byte(`{"token": "`+consultest.ManagementToken+`"}`), 0o600))
	testkit.Must(m, taken.Settle(m.Context(), m.host, document.EntriesSettle{Owner: taking(m.T).Owner, Secret: "settle"}, agent.Connect))
}

func TestAnEntryByHandIsAsItWasWhenATakeoverOfItFailedAndIsGivenUp(t *testing.T) {
	m := newMesh(t)
	m.has(callers)
	before := m.entry(serviceIntentions, "web")
	_, err := m.expand(taking(t))
	testkit.Must(t, err)
	if now := m.entry(serviceIntentions, "web"); !strings.Contains(now, `"new"`) {
		t.Fatalf("it was not expanded: %s", now)
	}
	_, err = m.expand(taking(t)) // another try
	testkit.Must(t, err)
	m.givenUp()
	if now := m.entry(serviceIntentions, "web"); now != before {
		t.Errorf("Consul has\n%s\nwant\n%s", now, before)
	}
}

func TestAnEntryThatAPersonChangedAfterATakeoverFailedStays(t *testing.T) {
	m := newMesh(t)
	m.has(callers)
	_, err := m.expand(taking(t))
	testkit.Must(t, err)
	m.has(strings.Replace(callers, `"old"`, `"since"`, 1))
	now := m.entry(serviceIntentions, "web")
	m.givenUp()
	if after := m.entry(serviceIntentions, "web"); after != now {
		t.Errorf("Consul has\n%s\nwant\n%s", after, now)
	}
}
