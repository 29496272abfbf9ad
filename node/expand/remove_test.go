package expand

import (
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/consul/consultest"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

var removal = document.ExpandRemoval{Owner: document.Owner{Mesh: "shop", Node: "server1"}}

func (m mesh) keeps(path, token string) {
	m.Helper()
	testkit.Must(m, m.host.Folder(host.Secrets, 0o700, host.Owner{}))
	testkit.Must(m, m.host.Write(path, []byte(token+"\n"), 0o600, host.Owner{}))
}

func TestRemoveWithTheTokenOfAnEarlierVersion(t *testing.T) {
	m := newMesh(t)
	m.has(bMarked, strings.Replace(bElses, `"b"`, `"c"`, 1))
	m.keeps(oldToken, consultest.ManagementToken)
	testkit.Must(m, Remove(t.Context(), m.host, removal, agent.Connect))
	m.wantSaid(m.out.String(), "removed the intentions of b")
	if m.entry(serviceIntentions, "b") != "" || m.entry(serviceIntentions, "c") == "" {
		t.Error("the wrong entries are gone")
	}
	if m.host.Exists(host.Gatehouse) {
		t.Error("the folders are still there")
	}
}

func TestRemoveWithoutTheRight(t *testing.T) {
	const line = `gatehouse: intentions that an unfinished deploy may have left stay in Consul (REASON); they have "gatehouse-handover": "shop" in their Meta: consul config list -kind service-intentions` + "\n"
	tests := []struct {
		name, reason string
		prepare      func(m mesh)
	}{
		{"no token", errHidden.Error(), func(mesh) {}},
		{"a token that may not read them", errHidden.Error(), func(m mesh) { m.keeps(consul.NodeToken, m.token(`node_prefix "" { policy = "read" }`)) }},
		{"a token that may not write them", "lacks permission 'intention:write'", func(m mesh) {
			m.keeps(consul.NodeToken, m.token(`service_prefix "" { policy = "read" }`))
		}},
		{"a token that is none any more", "ACL not found", func(m mesh) { m.keeps(oldToken, "99999999-2222-3333-4444-555555555555") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMesh(t)
			m.has(bMarked)
			test.prepare(m)
			testkit.Must(m, Remove(t.Context(), m.host, removal, agent.Connect))
			said := m.out.String()
			before, after, _ := strings.Cut(line, "REASON")
			if strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, before) || !strings.HasSuffix(said, after) || !strings.Contains(said, test.reason) {
				t.Errorf("said %s", said)
			}
			if m.host.Exists(oldToken) {
				t.Error("the token is still there")
			}
		})
	}
}

func TestTheTokenOfAnotherMeshIsNotUsed(t *testing.T) {
	m := newMesh(t)
	m.has(bMarked)
	m.keeps(consul.NodeToken, consultest.ManagementToken)
	testkit.Must(m, m.host.Write(host.NodeFile, []byte(`{"mesh": "other", "node": "server1"}`), 0o644, host.Owner{}))
	testkit.Must(m, Remove(t.Context(), m.host, removal, agent.Connect))
	if said := m.out.String(); !strings.Contains(said, "stay in Consul (the token of this node may not read intentions)") {
		t.Errorf("said %s", said)
	}
	if m.entry(serviceIntentions, "b") == "" {
		t.Error("the intentions are gone")
	}
}
