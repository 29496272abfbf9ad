package probe

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/consul/consultest"
	"gatehouse/node/document"
	"gatehouse/node/envoy"
	"gatehouse/node/host"
	"gatehouse/node/secrets"
	"gatehouse/node/testkit"
)

// agent of all tests of this package; nil with noAgent as the reason. It has ACLs; routesToken is what a probe gets there.
var (
	agent       *consultest.Agent
	noAgent     error
	routesToken string
)

func TestMain(m *testing.M) {
	agent, noAgent = consultest.Start(consultest.ACLs)
	if noAgent == nil {
		routesToken, noAgent = agent.Token(routesRules())
	}
	code := m.Run()
	if agent != nil {
		agent.Stop()
	}
	os.Exit(code)
}

var loop = regexp.MustCompile(`(?s)\{%- for name in gateways %\}(.*)\{%- endfor %\}`)

// routesRules of the template, filled in for the gateway "edge".
func routesRules() string {
	template, _ := os.ReadFile("../../templates/acl/routes.hcl")
	return strings.ReplaceAll(loop.ReplaceAllString(string(template), "$1"), "{{ name }}", `"edge"`)
}

// gateway on a node, whose listeners are test servers.
type gateway struct {
	*testing.T
	prober
	out    *bytes.Buffer
	consul *consul.Client
	doc    document.Probe
}

// newGateway with an Envoy that has just got its routes.
func newGateway(t *testing.T, routes ...document.Route) gateway {
	if noAgent != nil {
		t.Skip("SKIPPED: ", noAgent)
	}
	admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("listener_manager.lds.update_time: " + strconv.FormatInt(time.Now().UnixMilli(), 10) + "\n"))
	}))
	t.Cleanup(admin.Close)
	client, err := agent.Connect(consultest.ManagementToken)
	if err != nil {
		t.Fatal(err)
	}
	out := new(bytes.Buffer)
	h := &host.Host{Root: testkit.Folder(t), Out: out, Unowned: true, LockTimeout: time.Second}
	g := gateway{t, prober{h, envoy.Admin{URL: admin.URL}, 300 * time.Millisecond, 50 * time.Millisecond}, out, client, document.Probe{
		Owner: document.Owner{Mesh: "shop", Node: "gateway1"}, Gateway: "edge", Routes: routes, ACL: true,
	}}
	testkit.Must(g, h.Folder(host.Instances+"/edge", 0o755, host.Owner{}))
	testkit.Must(g, client.DeleteEntry(t.Context(), ingressGateway, "edge"))
	for _, name := range []string{"a", "b"} {
		testkit.Must(g, client.PutEntry(t.Context(), consul.Entry{"Kind": "service-defaults", "Name": name, "Protocol": "http"}))
	}
	return g
}

// probe runs the verb with a token that arrived, and returns what it said.
func (g gateway) probe() (string, error) {
	g.Helper()
	testkit.Must(g, g.Folder(secrets.Arriving(g.doc.Mesh), 0o700, host.Owner{}))
	content, _ := json.Marshal(map[string]string{"probe": routesToken})
	testkit.Must(g, os.WriteFile(g.Path(secrets.Arriving(g.doc.Mesh)+"/probe-edge.json"), content, 0o600))
	g.out.Reset()
	err := g.run(g.Context(), g.doc, agent.Connect)
	if left := g.List(secrets.Arriving(g.doc.Mesh)); len(left) > 0 {
		g.Errorf("left: %v", left)
	}
	return g.out.String(), err
}

// has this entry in Consul.
func (g gateway) has(text string) {
	g.Helper()
	var entry consul.Entry
	testkit.Must(g, json.Unmarshal([]byte(text), &entry))
	testkit.Must(g, g.consul.PutEntry(g.Context(), entry))
}

func (g gateway) entry() string {
	g.Helper()
	entry, err := g.consul.Entry(g.Context(), ingressGateway, "edge")
	testkit.Must(g, err)
	text, _ := json.Marshal(entry)
	return string(text)
}

// listener is a test server as a listener of the gateway, and the route through it.
func listener(t *testing.T, protocol string, tls bool, handler http.HandlerFunc) document.Route {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = new(http.Protocols)
	switch {
	case protocol == "http":
		server.Config.Protocols.SetHTTP1(true)
	case tls:
		server.Config.Protocols.SetHTTP2(true)
		server.EnableHTTP2 = true
	default:
		server.Config.Protocols.SetUnencryptedHTTP2(true)
	}
	if tls {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return document.Route{Protocol: protocol, Port: port(t, server.Listener), TLS: tls, Host: "shop.test", Service: "a"}
}

func port(t *testing.T, listener net.Listener) int {
	t.Helper()
	return listener.Addr().(*net.TCPAddr).Port
}

// serves as Envoy does with a service's answer.
func serves(w http.ResponseWriter, _ *http.Request) { w.Header().Set(serviceHeader, "1") }

// status of Envoy itself.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
