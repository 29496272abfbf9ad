package expand

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"gatehouse/node/host"
	"gatehouse/node/secrets"
	"gatehouse/node/testkit"
)

func TestGrantsJoinTheOldEdges(t *testing.T) {
	m := newMesh(t)
	m.has(`{"Kind":"service-intentions","Name":"b","Meta":{"by":"hand"},"Sources":[{"Name":"a","Action":"allow","Description":"kept"}]}`)
	doc := declared(t, "["+bAllowsC+`,{"Kind":"service-intentions","Name":"n","Sources":[{"Name":"a","Action":"allow"}]}]`, "[]", "[]")
	begun := time.Now()
	said, err := m.expand(doc)
	testkit.Must(m, err)
	m.wantSaid(said, "edges made ready: 2")
	if took := time.Since(begun); took > heard {
		t.Errorf("took %s though no instance has to hear of it", took)
	}
	stored := m.entry(serviceIntentions, "b")
	for _, part := range []string{`"by":"hand"`, `"Description":"kept"`, `"Name":"c"`} {
		if !strings.Contains(stored, part) {
			t.Errorf("%s is not in %s", part, stored)
		}
	}
	if !strings.Contains(m.entry(serviceIntentions, "n"), `"Meta":{"gatehouse-handover":"shop","gatehouse-mesh":"shop"}`) {
		t.Error("the new entry has no mark")
	}
	before := m.version(serviceIntentions, "b") + m.version(serviceIntentions, "n")
	said, err = m.expand(doc)
	testkit.Must(m, err)
	m.wantSaid(said, "edges made ready: 0")
	if after := m.version(serviceIntentions, "b") + m.version(serviceIntentions, "n"); after != before {
		t.Error("the second run wrote")
	}
	said, err = m.expand(declared(t, "["+bAllowsC+"]", "[]", "[]"))
	testkit.Must(m, err)
	m.wantSaid(said, "edges made ready: 1")
	if m.entry(serviceIntentions, "n") != "" {
		t.Error("what an unfinished deploy granted is still there")
	}
}

func TestPermissionsAreWrittenOnce(t *testing.T) {
	m := newMesh(t)
	m.has(bHTTP)
	doc := declared(t, "["+bGetsA+"]", "["+bHTTP+"]", "[]")
	for _, want := range []string{"edges made ready: 1", "edges made ready: 0"} {
		said, err := m.expand(doc)
		testkit.Must(m, err)
		m.wantSaid(said, want)
	}
}

func TestEdgesOfRunningServicesAreWaitedFor(t *testing.T) {
	m := newMesh(t)
	_, err := m.consul.Client.Catalog().Register(&api.CatalogRegistration{Node: "n", Address: "10.0.0.1", Service: &api.AgentService{Service: "b"}}, nil)
	testkit.Must(m, err)
	t.Cleanup(func() {
		_, _ = m.consul.Client.Catalog().Deregister(&api.CatalogDeregistration{Node: "n"}, nil)
	})
	begun := time.Now()
	_, err = m.expand(declared(t, "["+bAllowsA+"]", "[]", "[]"))
	testkit.Must(m, err)
	if took := time.Since(begun); took < heard {
		t.Errorf("took only %s", took)
	}
}

func TestTheTokenDoesNotOutliveTheRun(t *testing.T) {
	m := newMesh(t)
	testkit.Must(m, m.host.Folder(host.Secrets, 0o700, host.Owner{}))
	testkit.Must(m, m.host.Write(oldToken, []byte("of an earlier version\n"), 0o600, host.Owner{}))
	_, err := m.expand(declared(t, "[]", "[]", "[]"))
	testkit.Must(m, err)
	if left := append(m.host.List(host.Secrets), m.host.List(secrets.Arriving("shop"))...); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	doc := declared(t, "[]", "[]", "[]")
	doc.ACL = true
	m.wantError(Run(t.Context(), m.host, doc, agent.Connect), "the secrets for this step did not arrive at /run/gatehouse-secrets/shop/handover.json; deploy again")
}

func TestATokenThatMayNotReadEverythingIsRefused(t *testing.T) {
	m := newMesh(t)
	m.has(bHTTP)
	m.arrives(m.token(`node_prefix "" { policy = "read" }`))
	doc := declared(t, "[]", "["+bTCP+"]", "[]")
	doc.ACL = true
	m.wantError(Run(t.Context(), m.host, doc, agent.Connect), "may not read every service-defaults")
}

// token with these rules.
func (m mesh) token(rules string) string {
	m.Helper()
	token, err := agent.Token(rules)
	testkit.Must(m, err)
	return token
}

func TestTheRulesOfTheTemplateAreEnough(t *testing.T) {
	m := newMesh(t)
	rules, err := os.ReadFile("../../templates/acl/handover.hcl")
	testkit.Must(m, err)
	m.has(bHTTP, dHTTP, toD, shopHTTP)
	m.arrives(m.token(strings.Replace(string(rules), "{{ records }}", `"gatehouse/shop/taken-over/"`, 1)))
	doc := declared(t, "["+bAllowsA+"]", "["+bTCP+","+dHTTP+"]", "["+shopTCP+"]")
	doc.TakeOver = []string{"service-defaults/b"}
	doc.ACL = true
	testkit.Must(m, Run(t.Context(), m.host, doc, agent.Connect))
}
