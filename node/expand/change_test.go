package expand

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/consul/consultest"
	"gatehouse/node/testkit"
)

const (
	shopHTTP  = `{"Kind":"ingress-gateway","Name":"edge","Listeners":[{"Port":8080,"Protocol":"http","Services":[{"Name":"b","Hosts":["shop.test"],"PassiveHealthCheck":{"Interval":10000000000,"MaxFailures":3}}]},{"Port":8081,"Protocol":"http","Services":[{"Name":"d"}]}]}`
	shopTCP   = `{"Kind":"ingress-gateway","Name":"edge","Listeners":[{"Port":8080,"Protocol":"tcp","Services":[{"Name":"b"}]},{"Port":8081,"Protocol":"http","Services":[{"Name":"d"}]}]}`
	toD       = `{"Kind":"service-router","Meta":{"gatehouse-mesh":"shop"},"Name":"b","Routes":[{"Match":{"HTTP":{"PathPrefix":"/d"}},"Destination":{"Service":"d"}}]}`
	bSplits   = `{"Kind":"service-splitter","Meta":{"gatehouse-mesh":"shop"},"Name":"b","Splits":[{"Weight":100}]}`
	dLeadsToB = `{"Kind":"service-router","Meta":{"gatehouse-mesh":"shop"},"Name":"d","Routes":[{"Match":{"HTTP":{"PathPrefix":"/b"}},"Destination":{"Service":"b"}}]}`
)

func TestProtocolThereAndBack(t *testing.T) {
	m := newMesh(t)
	m.has(bHTTP, dHTTP, bSplits, toD, shopHTTP)
	said, err := m.expand(declared(t, "[]", "["+bTCP+","+dHTTP+"]", "["+shopTCP+"]"))
	testkit.Must(m, err)
	m.wantSaid(said, "edges made ready: 0",
		"protocols: PUT ingress-gateway/edge", "protocols: DELETE service-router/b", "protocols: DELETE service-splitter/b",
		"protocols: PUT service-defaults/b", "protocols: PUT ingress-gateway/edge")
	want := parse[consul.Entry](t, shopTCP)["Listeners"].([]any)
	got := parse[consul.Entry](t, m.entry(ingressGateway, "edge"))["Listeners"].([]any)
	if len(got) != 2 || !same(got[1].(object)["Protocol"], want[0].(object)["Protocol"]) || m.entry(serviceRouter, "b") != "" {
		t.Errorf("the gateway has %v", got)
	}
	before := m.version(ingressGateway, "edge")
	said, err = m.expand(declared(t, "[]", "["+bTCP+","+dHTTP+"]", "["+shopTCP+"]"))
	testkit.Must(m, err)
	m.wantSaid(said, "edges made ready: 0")
	if m.version(ingressGateway, "edge") != before {
		t.Error("the second run wrote")
	}
	said, err = m.expand(declared(t, "[]", "["+bHTTP+","+dHTTP+"]", "["+shopHTTP+"]"))
	testkit.Must(m, err)
	m.wantSaid(said, "edges made ready: 0",
		"protocols: PUT ingress-gateway/edge", "protocols: PUT service-defaults/b", "protocols: PUT ingress-gateway/edge")
	if stored := m.entry(ingressGateway, "edge"); !strings.Contains(stored, `"Hosts":["shop.test"]`) || !strings.Contains(m.entry(serviceDefaults, "b"), `"http"`) {
		t.Errorf("the gateway is %s", stored)
	}
}

func TestRefusedChangePutsAllBack(t *testing.T) {
	m := newMesh(t)
	m.has(bHTTP, dHTTP, dLeadsToB, bSplits, toD, shopHTTP)
	before := m.state()
	m.arrives(consultest.ManagementToken)
	doc := declared(t, "[]", "["+bTCP+","+dHTTP+"]", "["+shopTCP+"]")
	doc.ACL = true
	err := Run(t.Context(), m.host, doc, m.through(refusing(serviceDefaults, "not now")))
	m.wantError(err, "not every service could be changed to its new protocol: Consul refuses service-defaults/b: not now",
		"; everything is as before again: service-splitter/b, service-router/d, service-router/b, ingress-gateway/edge.")
	if said := m.out.String(); !strings.Contains(said, "\ngatehouse: entries: RESTORE ingress-gateway/edge\n") {
		t.Errorf("said %s", said)
	}
	if after := m.state(); after != before {
		t.Errorf("Consul has\n%s\nand had\n%s", after, before)
	}
}

// refusing every write of this kind of entry.
func refusing(kind, why string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut {
			return false
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		refused := bytes.Contains(body, []byte(`"Kind":"`+kind+`"`))
		if refused {
			http.Error(w, why, http.StatusInternalServerError)
		}
		return refused
	}
}

func (m mesh) state() string {
	return strings.Join([]string{m.entry(ingressGateway, "edge"), m.entry(serviceDefaults, "b"), m.entry(serviceRouter, "b"), m.entry(serviceSplitter, "b")}, "\n")
}

func TestTheLastStepRefusedPutsAllBack(t *testing.T) {
	m := newMesh(t)
	m.has(bHTTP, dHTTP, toD, shopHTTP)
	before := m.state()
	broken := strings.Replace(shopTCP, `"Services":[{"Name":"b"}]`, `"Services":[{"Name":"b","Hosts":["none.on.tcp"]}]`, 1)
	_, err := m.expand(declared(t, "[]", "["+bTCP+","+dHTTP+"]", "["+broken+"]"))
	m.wantError(err, "Consul refuses ingress-gateway/edge: ", "; everything is as before again: service-defaults/b, service-router/b, ingress-gateway/edge.")
	if after := m.state(); after != before {
		t.Errorf("Consul has\n%s\nand had\n%s", after, before)
	}
}

// through is a Consul whose answers a test changes.
func (m mesh) through(change func(w http.ResponseWriter, r *http.Request) (answered bool)) func(string) (*consul.Client, error) {
	real := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: agent.Address})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !change(w, r) {
			real.ServeHTTP(w, r)
		}
	}))
	m.Cleanup(server.Close)
	return func(token string) (*consul.Client, error) {
		return consul.New(strings.TrimPrefix(server.URL, "http://"), token)
	}
}

func TestAnEntryThatConsulDoesNotTakeBackIsNamed(t *testing.T) {
	m := newMesh(t)
	m.has(bHTTP, dHTTP, toD, shopHTTP)
	writes, refused := 0, refusing(serviceDefaults, "not now")
	m.arrives(consultest.ManagementToken)
	doc := declared(t, "[]", "["+bTCP+","+dHTTP+"]", "["+shopTCP+"]")
	doc.ACL = true
	err := Run(t.Context(), m.host, doc, m.through(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			writes++
		}
		if refused(w, r) {
			return true
		}
		if writes == 3 && r.Method == http.MethodPut { // gateway, service, and now the router again
			http.Error(w, "no room", http.StatusInternalServerError)
			return true
		}
		return false
	}))
	m.wantError(err, "; as before again: ingress-gateway/edge; NOT as before: service-router/b (no room). ")
	if said := m.out.String(); !strings.Contains(said, "gatehouse: Consul refuses service-router/b as it was: no room\n") {
		t.Errorf("said %s", said)
	}
}

func TestAnEndedRunPutsAllBack(t *testing.T) {
	m := newMesh(t)
	m.has(bHTTP, dHTTP, toD, shopHTTP)
	before := m.state()
	ctx, cancel := context.WithCancel(t.Context())
	m.arrives(consultest.ManagementToken)
	doc := declared(t, "[]", "["+bTCP+","+dHTTP+"]", "["+shopTCP+"]")
	doc.ACL = true
	err := Run(ctx, m.host, doc, m.through(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodDelete {
			cancel()
		}
		return false
	}))
	m.wantError(err, " was not written: ", "everything is as before again")
	if after := m.state(); after != before {
		t.Errorf("Consul has\n%s\nand had\n%s", after, before)
	}
}
