package setup_test

import (
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

func TestLeftoversOfAnEarlierVersion(t *testing.T) {
	for name, one := range map[string]struct {
		unit string
		kept bool
	}{
		"an installed unit":       {host.UnitDir + "/edge.service", true},
		"a release to go back to": {host.Instances + "/edge/releases/0123456789ab/systemd/edge.service", true},
		"a file that is no unit":  {host.UnitDir + "/edge.txt", false},
	} {
		n := newNode(t)
		n.put(host.Gatehouse+"/node.conf", "MESH='shop'\nNODE='worker1'\n")
		n.put(host.Gatehouse+"/lib/drain-gateway.sh", "# old")
		n.put(host.Gatehouse+"/incoming-secrets/shop/tokens.json", "{}")
		n.put(one.unit, "ExecStop=/opt/gatehouse/lib/drain-gateway.sh edge 19001\n")
		testkit.Must(t, n.run(workerDocument()))
		if n.h.Exists(host.Gatehouse + "/incoming-secrets") {
			t.Errorf("%s: the folder in which secrets arrived on the disk is left", name)
		}
		if kept := n.h.Exists(host.Gatehouse + "/lib/drain-gateway.sh"); kept != one.kept || n.h.Exists(host.Gatehouse+"/node.conf") != kept {
			t.Errorf("%s: kept %t", name, kept)
		}
		testkit.Must(t, n.h.Remove(one.unit))
		testkit.Must(t, n.run(workerDocument()))
		if n.h.Exists(host.Gatehouse+"/lib") || n.h.Exists(host.Gatehouse+"/node.conf") {
			t.Errorf("%s: something is left", name)
		}
	}
}

func TestTheRecordOfAnEarlierVersionIsReplaced(t *testing.T) {
	n := newNode(t)
	n.put(host.NodeFile, `{"mesh": "shop", "node": "worker1", "role": "worker", "tls": true}`)
	n.put(consul.NodeToken, "one\n")
	testkit.Must(t, n.run(workerDocument()))
	if n.h.Exists(host.NodeFile) || !n.h.Exists(host.RecordFile("shop")) {
		t.Error(n.state())
	}
	// The token of a mesh with an existing Consul has a name of its own now.
	if n.h.Exists(consul.NodeToken) || consul.TokenFor(n.h, "shop") != "one" || consul.TokenFor(n.h, "") != "one" || consul.TokenFor(n.h, "other") != "" {
		t.Error(n.state())
	}
}

func TestAnEarlierVersionRefusesANodeWithTwoMeshes(t *testing.T) {
	n := newNode(t)
	testkit.Must(t, n.run(workerDocument()))
	doc := workerDocument()
	doc.Mesh = "stock"
	testkit.Must(t, n.run(doc))
	if got := n.read(host.NodeFile); !strings.Contains(got, "a newer Gatehouse has to deploy here") {
		t.Errorf("node.json: %s", got)
	}
	before := n.state()
	n.units.Forget()
	testkit.Must(t, n.run(workerDocument()))
	if n.state() != before || len(n.units.Calls()) > 0 {
		t.Errorf("calls: %v\n%s", n.units.Calls(), n.state())
	}
}
