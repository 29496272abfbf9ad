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

// givesUp are the ways in which a deploy of a declaration that does not name the entry any more puts it back. The first of them
// runs where nothing else of the declaration is new.
func givesUp(m mesh) map[string]func() {
	return map[string]func(){
		"expand": func() {
			_, err := m.expand(document.Expand{Owner: taking(m.T).Owner})
			testkit.Must(m, err)
		},
		"settle": func() {
			testkit.Must(m, m.host.Folder(secrets.Arriving("shop"), 0o700, host.Owner{}))
			testkit.Must(m, os.WriteFile(m.host.Path(secrets.Arriving("shop")+"/settle.json"), []byte(`{"token": "`+consultest.ManagementToken+`"}`), 0o600))
			testkit.Must(m, taken.Settle(m.Context(), m.host, document.EntriesSettle{Owner: taking(m.T).Owner, Secret: "settle"}, agent.Connect))
		},
	}
}

func TestAnEntryByHandIsAsItWasWhenATakeoverOfItFailedAndIsGivenUp(t *testing.T) {
	m := newMesh(t)
	for way, giveUp := range givesUp(m) {
		m.has(callers)
		before := m.entry(serviceIntentions, "web")
		for range 2 { // tried twice
			_, err := m.expand(taking(t))
			testkit.Must(t, err)
		}
		if now := m.entry(serviceIntentions, "web"); !strings.Contains(now, `"new"`) {
			t.Fatalf("it was not expanded: %s", now)
		}
		giveUp()
		if now := m.entry(serviceIntentions, "web"); now != before {
			t.Errorf("%s: Consul has\n%s\nwant\n%s", way, now, before)
		}
		keys, err := m.consul.Keys(t.Context(), "gatehouse/shop/")
		if err != nil || strings.Contains(strings.Join(keys, " "), "/web") {
			t.Errorf("%s: left: %q %v", way, keys, err)
		}
	}
}

func TestAnEntryThatAPersonChangedAfterATakeoverFailedStays(t *testing.T) {
	m := newMesh(t)
	for way, giveUp := range givesUp(m) {
		m.has(callers)
		_, err := m.expand(taking(t))
		testkit.Must(t, err)
		m.has(strings.Replace(callers, `"old"`, `"since"`, 1))
		now := m.entry(serviceIntentions, "web")
		giveUp()
		if after := m.entry(serviceIntentions, "web"); after != now {
			t.Errorf("%s: Consul has\n%s\nwant\n%s", way, after, now)
		}
	}
}
