package inspect

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

func portOf(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(strings.TrimPrefix(strings.TrimPrefix(address, "http://"), "https://"))
	if err != nil {
		t.Fatal(err)
	}
	port, _ := strconv.Atoi(text)
	return port
}

// closedPort is one on which nothing listens.
func closedPort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return portOf(t, listener.Addr().String())
}

// server whose path does not matter; protocols are those that it speaks.
func server(t *testing.T, certificate *tls.Certificate, answer http.HandlerFunc) int {
	t.Helper()
	one := httptest.NewUnstartedServer(answer)
	one.Config.Protocols = new(http.Protocols)
	if certificate != nil {
		one.Config.Protocols.SetHTTP1(true)
		one.Config.Protocols.SetHTTP2(true)
		one.EnableHTTP2 = true
		one.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}, ClientAuth: tls.RequireAnyClientCert}
		one.StartTLS()
	} else {
		one.Config.Protocols.SetHTTP1(true)
		one.Config.Protocols.SetUnencryptedHTTP2(true)
		one.Start()
	}
	t.Cleanup(one.Close)
	return portOf(t, one.URL)
}

// tcpServer calls serve with each connection.
func tcpServer(t *testing.T, serve func(net.Conn)) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(connection)
		}
	}()
	return portOf(t, listener.Addr().String())
}

func certificateOf(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func said(status int, text string) http.HandlerFunc {
	return func(answer http.ResponseWriter, _ *http.Request) {
		answer.WriteHeader(status)
		fmt.Fprint(answer, text)
	}
}

func TestHTTPThroughAnUpstream(t *testing.T) {
	onlyHTTP2 := func(answer http.ResponseWriter, request *http.Request) {
		if request.ProtoMajor != 2 {
			answer.WriteHeader(http.StatusBadGateway)
		}
	}
	for name, one := range map[string]struct {
		protocol string
		answer   http.HandlerFunc
		expected verdict
	}{
		"an answer":                    {"http", said(200, "hello"), verdict{"allowed", "status 200"}},
		"an answer that is no success": {"http", said(404, ""), verdict{"allowed", "status 404"}},
		"a redirect, which is not followed": {"http", func(answer http.ResponseWriter, request *http.Request) {
			http.Redirect(answer, request, "/x", http.StatusFound)
		}, verdict{"allowed", "status 302"}},
		"Envoy's refusal":           {"http", said(403, "RBAC: access denied"), verdict{"refused", "403 RBAC: access denied"}},
		"the service's own refusal": {"http", said(403, "see RBAC: access denied"), verdict{"allowed", "403 of the service itself"}},
		"no endpoint":               {"http", said(503, "no healthy upstream"), verdict{"failed", "status 503 no healthy upstream"}},
		"a gateway's page":          {"http", said(502, "one\ntwo\r\n"), verdict{"failed", "status 502 two"}},
		"no text":                   {"http", said(504, ""), verdict{"failed", "status 504"}},
		"http2":                     {"http2", onlyHTTP2, verdict{"allowed", "status 200"}},
		"grpc":                      {"grpc", onlyHTTP2, verdict{"allowed", "status 200"}},
	} {
		t.Run(name, func(t *testing.T) {
			edge := document.EdgeTrial{Through: "upstream", Protocol: one.protocol, Port: server(t, nil, one.answer)}
			equal(t, node(t, nil).try(context.Background(), edge), one.expected)
		})
	}
	edge := document.EdgeTrial{Through: "upstream", Protocol: "http", Port: closedPort(t)}
	equal(t, node(t, nil).try(context.Background(), edge), verdict{"failed", "no answer"})
}

func TestTCPThroughAnUpstream(t *testing.T) {
	for name, one := range map[string]struct {
		serve    func(net.Conn)
		expected verdict
	}{
		"a service that answers": {func(c net.Conn) { fmt.Fprint(c, "hello"); c.Read(make([]byte, 9)) }, verdict{"allowed", "connection stays open"}},
		"a service that waits":   {func(c net.Conn) { c.Read(make([]byte, 9)); c.Read(make([]byte, 9)) }, verdict{"allowed", "connection stays open"}},
		"a closed connection":    {func(c net.Conn) { c.Read(make([]byte, 1)); c.Close() }, verdict{"refused", "connection closed"}},
	} {
		t.Run(name, func(t *testing.T) {
			edge := document.EdgeTrial{Through: "upstream", Protocol: "tcp", Port: tcpServer(t, one.serve)}
			equal(t, node(t, nil).try(context.Background(), edge), one.expected)
		})
	}
	edge := document.EdgeTrial{Through: "upstream", Protocol: "tcp", Port: closedPort(t)}
	equal(t, node(t, nil).try(context.Background(), edge), verdict{"failed", "connection refused"})
}

func TestWithTheCallersCertificate(t *testing.T) {
	sidecar, leaf := certificateOf(t, "sidecar"), certificateOf(t, "web")
	n := node(t, map[string]string{host.Secrets + "/web.token": "web's token\n"})
	n.Agent = agent{leaves: map[string]tls.Certificate{"web web's token": leaf}}
	handshaken := func(then func(*tls.Conn)) func(net.Conn) {
		return func(plain net.Conn) {
			connection := tls.Server(plain, &tls.Config{Certificates: []tls.Certificate{sidecar}, ClientAuth: tls.RequireAnyClientCert})
			if connection.Handshake() == nil && connection.ConnectionState().PeerCertificates[0].Subject.CommonName == "web" {
				then(connection)
			}
			connection.Close()
		}
	}
	onlyWeb := func(answer http.ResponseWriter, request *http.Request) {
		if request.TLS.PeerCertificates[0].Subject.CommonName != "web" {
			answer.WriteHeader(500)
			return
		}
		said(403, "RBAC: access denied")(answer, request)
	}
	for name, one := range map[string]struct {
		caller, protocol string
		port             int
		expected         verdict
	}{
		"http that is refused": {"web", "http", server(t, &sidecar, onlyWeb), verdict{"refused", "403 RBAC: access denied"}},
		"grpc that is let in":  {"web", "grpc", server(t, &sidecar, said(200, "")), verdict{"allowed", "status 200"}},
		"tcp that is let in": {"web", "tcp", tcpServer(t, handshaken(func(c *tls.Conn) { fmt.Fprint(c, "x"); c.Read(make([]byte, 999)) })),
			verdict{"allowed", "connection stays open"}},
		"tcp that is let in and hears nothing": {"web", "tcp", tcpServer(t, handshaken(func(c *tls.Conn) { c.Read(make([]byte, 999)); c.Read(make([]byte, 9)) })),
			verdict{"allowed", "connection stays open"}},
		"tcp that is closed at the first byte": {"web", "tcp", tcpServer(t, handshaken(func(c *tls.Conn) { c.Read(make([]byte, 1)) })),
			verdict{"refused", "connection closed"}},
		"tcp that is closed at once":       {"web", "tcp", tcpServer(t, func(c net.Conn) { c.Close() }), verdict{"refused", "connection closed"}},
		"tcp where nothing listens":        {"web", "tcp", closedPort(t), verdict{"failed", "connection refused"}},
		"a caller without a token":         {"other", "tcp", 1, verdict{"failed", "the agent gives out no certificate of other"}},
		"a caller with the name of a path": {"../secrets/web", "tcp", 1, verdict{"failed", "the agent gives out no certificate of ../secrets/web"}},
	} {
		t.Run(name, func(t *testing.T) {
			edge := document.EdgeTrial{Through: "certificate", Protocol: one.protocol, Caller: one.caller, Host: "127.0.0.1", Port: one.port}
			equal(t, n.try(context.Background(), edge), one.expected)
		})
	}
}

func TestAnEdgeIsTriedUntilTheExpectedAnswer(t *testing.T) {
	for name, one := range map[string]struct {
		expect   string
		answers  []int // status of each try, the last for all further ones
		expected verdict
		tries    int32
	}{
		"right at once":       {"allowed", []int{200}, verdict{"allowed", "status 200"}, 1},
		"right in the end":    {"allowed", []int{503, 403, 503, 200}, verdict{"allowed", "status 200"}, 4},
		"never right":         {"refused", []int{200}, verdict{"allowed", "status 200"}, 4},
		"either, but no fail": {"either", []int{503, 403, 200}, verdict{"refused", "403 RBAC: access denied"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var tries atomic.Int32
			port := server(t, nil, func(answer http.ResponseWriter, request *http.Request) {
				at := min(int(tries.Add(1)), len(one.answers)) - 1
				said(one.answers[at], "RBAC: access denied")(answer, request)
			})
			edges := node(t, nil).edges(context.Background(), document.Inspection{EdgeSeconds: 9, Edges: []document.EdgeTrial{
				{ID: "a>b", Expect: one.expect, Through: "upstream", Protocol: "http", Port: port},
			}})
			equal(t, edges, []document.EdgeReport{{ID: "a>b", Answer: one.expected.answer, Detail: one.expected.detail}})
			equal(t, tries.Load(), one.tries)
		})
	}
}

func TestNoEdgeIsTriedAfterTheTime(t *testing.T) {
	edges := node(t, nil).edges(context.Background(), document.Inspection{Edges: []document.EdgeTrial{{ID: "a", Through: "upstream", Port: 1}}})
	equal(t, edges, []document.EdgeReport{})
}

func TestManyEdgesKeepTheirOrder(t *testing.T) {
	port := server(t, nil, said(200, ""))
	asked := document.Inspection{EdgeSeconds: 9}
	for i := range 50 {
		asked.Edges = append(asked.Edges, document.EdgeTrial{ID: strconv.Itoa(i), Expect: "allowed", Through: "upstream", Protocol: "http", Port: port})
	}
	edges := node(t, nil).edges(context.Background(), asked)
	for i, edge := range edges {
		equal(t, edge.ID, strconv.Itoa(i))
	}
	equal(t, len(edges), 50)
}

func TestEnvoys(t *testing.T) {
	pages := map[string]string{
		"/ready":                 "LIVE\n",
		"/listeners?format=json": `{"listener_statuses":[{"name":"public","local_address":{"socket_address":{"address":"0.0.0.0","port_value":21001}}}]}`,
		"/clusters?format=json": `{"cluster_statuses":[{"name":"db.default","host_statuses":[{"health_status":{"eds_health_status":"HEALTHY"}},
			{"health_status":{"eds_health_status":"HEALTHY","failed_active_health_check":true}},{"health_status":{"eds_health_status":"UNHEALTHY"}}]},{"name":"none"}]}`,
		"/certs": `{"certificates":[{"ca_cert":[{"valid_from":"a","expiration_time":"b"}],"cert_chain":[{"valid_from":"c","expiration_time":"d"}]},
			{"ca_cert":[{"valid_from":"a","expiration_time":"b"}]}]}`,
	}
	port := server(t, nil, func(answer http.ResponseWriter, request *http.Request) {
		fmt.Fprint(answer, pages[request.URL.String()])
	})
	starting := server(t, nil, said(503, "PRE_INITIALIZING\n"))
	report := look(t, node(t, nil), document.Inspection{Envoys: []document.EnvoyAdmin{
		{Name: "web", AdminPort: port}, {Name: "slow", AdminPort: starting}, {Name: "gone", AdminPort: closedPort(t)},
	}})
	listeners, clusters, certificates := []document.EnvoyListener{}, []document.EnvoyCluster{}, []document.EnvoyCertificate{}
	equal(t, report.Envoys, []document.EnvoyReport{
		{
			Name: "web", Ready: "LIVE", Listeners: []document.EnvoyListener{{Name: "public", Port: 21001}},
			Clusters:     []document.EnvoyCluster{{Name: "db.default", Healthy: 1}, {Name: "none"}},
			Certificates: []document.EnvoyCertificate{{From: "c", To: "d"}, {From: "a", To: "b"}},
		},
		{Name: "slow", Ready: "PRE_INITIALIZING", Listeners: listeners, Clusters: clusters, Certificates: certificates},
		{Name: "gone", Listeners: listeners, Clusters: clusters, Certificates: certificates},
	})
}
