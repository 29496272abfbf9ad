package taken

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/consul/consultest"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

const (
	byHand = `{"Kind":"service-defaults","Name":"b","Protocol":"http","Meta":{"team":"b"}}`
	ours   = `{"Kind":"service-defaults","Name":"b","Protocol":"http","MaxInboundConnections":7,"Meta":{"gatehouse-mesh":"shop"}}`
)

var (
	agent   *consultest.Agent
	noAgent error
	owner   = document.Owner{Mesh: "shop", Node: "server1"}
)

func TestMain(m *testing.M) {
	agent, noAgent = consultest.Start("")
	code := m.Run()
	if agent != nil {
		agent.Stop()
	}
	os.Exit(code)
}

type mesh struct {
	*testing.T
	host   *host.Host
	out    *bytes.Buffer
	consul *consul.Client
}

func newMesh(t *testing.T, entries ...string) mesh {
	if noAgent != nil {
		t.Skip("SKIPPED: ", noAgent)
	}
	client, err := agent.Connect("")
	out := new(bytes.Buffer)
	m := mesh{t, &host.Host{Root: testkit.Folder(t), Out: out, Unowned: true}, out, client}
	testkit.Must(m, err)
	testkit.Must(m, client.DeleteEntry(t.Context(), "service-defaults", "b"))
	testkit.Must(m, client.DeleteKey(t.Context(), "gatehouse/shop/taken-over/service-defaults/b"))
	for _, entry := range entries {
		m.has(entry)
	}
	return m
}

func parsed(text string) (entry consul.Entry) {
	if err := json.Unmarshal([]byte(text), &entry); err != nil {
		panic(err)
	}
	return entry
}

func (m mesh) has(entry string) {
	m.Helper()
	testkit.Must(m, m.consul.PutEntry(m.Context(), parsed(entry)))
}

// now is Consul's entry of the service, in one line.
func (m mesh) now() string {
	m.Helper()
	entry, err := m.consul.Entry(m.Context(), "service-defaults", "b")
	testkit.Must(m, err)
	text, _ := json.Marshal(entry)
	return string(text)
}

func (m mesh) takes(entry string) error {
	return Take(m.Context(), m.host, document.EntryTake{Owner: owner, Entry: parsed(entry)}, agent.Connect)
}

func (m mesh) returns() error {
	doc := document.EntryReturn{Owner: owner, Kind: "service-defaults", Name: "b"}
	return Return(m.Context(), m.host, doc, agent.Connect)
}

func (m mesh) settles(takeOver, written []string) error {
	doc := document.EntriesSettle{Owner: owner, TakeOver: takeOver, Written: written}
	return Settle(m.Context(), m.host, doc, agent.Connect)
}

func (m mesh) want(entry, said string) {
	m.Helper()
	if now := m.now(); now != entry {
		m.Errorf("Consul has\n%s\nwant\n%s", now, entry)
	}
	if !strings.Contains(m.out.String(), said) {
		m.Errorf("said %q, want %q", m.out, said)
	}
}

func TestThereAndBack(t *testing.T) {
	m := newMesh(t, byHand)
	before := m.now()
	testkit.Must(m, m.takes(ours))
	again := strings.Replace(ours, "7", "8", 1)
	testkit.Must(m, m.takes(again)) // the record is of the first time
	if !strings.Contains(m.now(), `"MaxInboundConnections":8`) {
		t.Errorf("Consul has %s", m.now())
	}
	testkit.Must(m, m.returns())
	m.want(before, "service-defaults/b is back as it was before it was taken over")
	testkit.Must(m, m.returns()) // nothing of this mesh's is there any more
	m.want(before, "service-defaults/b stays as it is")
}

func TestAnEqualEntryStays(t *testing.T) {
	same := `{"Kind":"service-defaults","Name":"b","Protocol":"http","Expose":{},"MeshGateway":{},"TransparentProxy":{}}`
	m := newMesh(t, same)
	before := m.now()
	testkit.Must(m, m.takes(strings.Replace(same, "{", `{"Meta":{"gatehouse-mesh":"shop"},`, 1)))
	m.want(before, "service-defaults/b stays: it is as this mesh declares it")
	testkit.Must(m, m.returns())
	m.want(before, "service-defaults/b stays as it is")
}

func TestAnEntryThatReplacedNoneIsRemoved(t *testing.T) {
	m := newMesh(t)
	testkit.Must(m, m.takes(ours))
	testkit.Must(m, m.returns())
	m.want("null", "removed service-defaults/b")
}

func TestAnEntryThatAPersonHasWrittenSinceStays(t *testing.T) {
	m := newMesh(t, byHand)
	testkit.Must(m, m.takes(ours))
	m.has(strings.Replace(byHand, "team", "since", 1))
	now := m.now()
	testkit.Must(m, m.returns())
	m.want(now, "stays as it is")
}

func TestAnotherMeshesEntryIsNotTaken(t *testing.T) {
	m := newMesh(t, strings.Replace(ours, "shop", "other", 1))
	before := m.now()
	if err := m.takes(ours); err == nil || !strings.Contains(err.Error(), `belongs to the mesh "other"`) {
		t.Errorf("got the error %v", err)
	}
	m.want(before, "")
}

func TestSettle(t *testing.T) {
	name := []string{"service-defaults/b"}
	m := newMesh(t, byHand)
	before := m.now()
	testkit.Must(m, m.takes(ours))
	taken := m.now()
	testkit.Must(m, m.settles(name, name)) // still taken over
	m.want(taken, "")
	testkit.Must(m, m.settles(nil, nil)) // it left the declaration
	m.want(before, "is back as it was")

	testkit.Must(m, m.takes(ours))
	testkit.Must(m, m.settles(nil, name)) // only takeOver does not name it any more
	m.want(taken, "this mesh's for good")
	testkit.Must(m, m.returns())
	m.want("null", "removed service-defaults/b")
}

func TestOnDestroyTheTokenIsTheOneThatWasKept(t *testing.T) {
	m := newMesh(t, byHand)
	before := m.now()
	testkit.Must(m, m.host.Folder(host.Arriving+"/shop", 0o700, host.Owner{}))
	testkit.Must(m, m.host.Write(host.Arriving+"/shop/entry.json", []byte(`{"token":"of these entries"}`), 0o600, host.Owner{}))
	used := []string{}
	connect := func(token string) (*consul.Client, error) {
		used = append(used, token)
		return agent.Connect("")
	}
	testkit.Must(m, Take(t.Context(), m.host, document.EntryTake{Owner: owner, Secret: "entry", Entry: parsed(ours)}, connect))
	if !m.host.Owns(TokenFile("shop"), 0o600, host.Owner{}) {
		t.Error("the token is not root's alone")
	}
	doc := document.EntryReturn{Owner: owner, ACL: true, Kind: "service-defaults", Name: "b"}
	testkit.Must(m, Return(t.Context(), m.host, doc, connect))
	m.want(before, "is back as it was")
	if len(used) != 2 || used[0] != "of these entries" || used[1] != used[0] {
		t.Errorf("used %q", used)
	}
	testkit.Must(m, m.settles(nil, nil)) // nothing is taken over any more
	if m.host.Exists(TokenFile("shop")) {
		t.Error("the token stays")
	}
	err := Return(t.Context(), m.host, doc, connect)
	if err == nil || !strings.Contains(err.Error(), "gatehouse/shop/taken-over/service-defaults/b") {
		t.Errorf("got the error %v", err)
	}
}
