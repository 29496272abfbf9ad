package expand

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/consul/consultest"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/secrets"
	"gatehouse/node/testkit"
)

// agent of all tests of this package; nil with noAgent as the reason. It has ACLs.
var (
	agent   *consultest.Agent
	noAgent error
)

func TestMain(m *testing.M) {
	agent, noAgent = consultest.Start(consultest.ACLs)
	code := m.Run()
	if agent != nil {
		agent.Stop()
	}
	os.Exit(code)
}

// mesh is a node, and a Consul with nothing in it.
type mesh struct {
	*testing.T
	host   *host.Host
	out    *bytes.Buffer
	consul *consul.Client
}

func newMesh(t *testing.T) mesh {
	if noAgent != nil {
		t.Skip("SKIPPED: ", noAgent)
	}
	client, err := agent.Connect(consultest.ManagementToken)
	if err != nil {
		t.Fatal(err)
	}
	out := new(bytes.Buffer)
	m := mesh{t, &host.Host{Root: testkit.Folder(t), Out: out, Unowned: true, LockTimeout: time.Second}, out, client}
	resolvers, _, err := client.Entries(t.Context(), serviceResolver)
	testkit.Must(m, err)
	for _, entry := range resolvers { // they may name each other
		testkit.Must(m, client.PutEntry(t.Context(), unlinked(entry)))
	}
	// An entry may name those of the kinds after it.
	for range 2 {
		for _, kind := range []string{serviceIntentions, ingressGateway, serviceRouter, serviceSplitter, serviceResolver, serviceDefaults} {
			entries, _, err := client.Entries(t.Context(), kind)
			testkit.Must(m, err)
			for _, entry := range entries {
				_ = client.DeleteEntry(t.Context(), kind, entry.Name())
			}
		}
	}
	return m
}

// has puts entries into Consul, in this order.
func (m mesh) has(entries ...string) {
	m.Helper()
	for _, entry := range entries {
		testkit.Must(m, m.consul.PutEntry(m.Context(), parse[consul.Entry](m.T, entry)))
	}
}

// arrives puts the token on the node, as Terraform does.
func (m mesh) arrives(token string) {
	m.Helper()
	testkit.Must(m, m.host.Folder(secrets.Arriving("shop"), 0o700, host.Owner{}))
	content, _ := json.Marshal(map[string]string{"handover": token})
	testkit.Must(m, os.WriteFile(m.host.Path(secrets.Arriving("shop")+"/handover.json"), content, 0o600))
}

// expand runs the verb with a token that may do everything, and returns what it said.
func (m mesh) expand(doc document.Expand) (string, error) {
	m.Helper()
	doc.ACL = true
	m.arrives(consultest.ManagementToken)
	m.out.Reset()
	err := Run(m.Context(), m.host, doc, agent.Connect)
	return m.out.String(), err
}

// entry as Consul has it, in one line; "" for none.
func (m mesh) entry(kind, name string) string {
	m.Helper()
	entry, err := m.consul.Entry(m.Context(), kind, name)
	testkit.Must(m, err)
	if entry == nil {
		return ""
	}
	text, _ := json.Marshal(entry)
	return string(text)
}

// version of an entry: Consul counts each write.
func (m mesh) version(kind, name string) string {
	m.Helper()
	var entry map[string]any
	_, err := m.consul.Raw().Query("/v1/config/"+kind+"/"+name, &entry, nil)
	testkit.Must(m, err)
	return fmt.Sprint(entry["ModifyIndex"])
}

func (m mesh) wantSaid(said string, lines ...string) {
	m.Helper()
	want := ""
	for _, line := range lines {
		want += "gatehouse: " + line + "\n"
	}
	if said != want {
		m.Errorf("said\n%swant\n%s", said, want)
	}
}

func (m mesh) wantError(err error, parts ...string) {
	m.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			m.Errorf("got the error %v, want one with %q", err, part)
		}
	}
}
