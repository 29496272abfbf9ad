package xds_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/node/host"
	"gatehouse/node/testkit"
	"gatehouse/node/xds"
)

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

var serial int64

func issue(t *testing.T, name string, by *authority, change func(*x509.Certificate)) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	testkit.Must(t, err)
	serial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"client.dc1.consul"},
	}
	if change != nil {
		change(template)
	}
	issuer, signer := template, key
	if by != nil {
		issuer, signer = by.certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, signer)
	testkit.Must(t, err)
	certificate, err := x509.ParseCertificate(der)
	testkit.Must(t, err)
	return authority{certificate, key}
}

func isAuthority(c *x509.Certificate) { c.IsCA = true }

func (a authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}))
}

// fake agent: its page, its roots, and a port that shows a chain.
type fake struct {
	self  map[string]map[string]any
	roots []string
}

func (f fake) Self(context.Context) (map[string]map[string]any, error) {
	if f.self == nil {
		return nil, errors.New("403 (Permission denied)")
	}
	return f.self, nil
}

func (f fake) RootCertificates(context.Context) ([]string, error) { return f.roots, nil }

func serve(t *testing.T, clients tls.ClientAuthType, leaf authority, chain ...authority) int {
	t.Helper()
	pair := tls.Certificate{Certificate: [][]byte{leaf.certificate.Raw}, PrivateKey: leaf.key}
	for _, one := range chain {
		pair.Certificate = append(pair.Certificate, one.certificate.Raw)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: clients}
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	return portOf(t, server.URL)
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	parsed, err := url.Parse(address)
	testkit.Must(t, err)
	port, err := strconv.Atoi(parsed.Port())
	testkit.Must(t, err)
	return port
}

func page(withTLS, without int, caFile string) map[string]map[string]any {
	return map[string]map[string]any{
		"xDS":         {"Ports": map[string]any{"TLS": float64(withTLS), "Plaintext": float64(without)}},
		"DebugConfig": {"TLS": map[string]any{"GRPC": map[string]any{"CAFile": caFile, "CAPath": ""}}},
	}
}

func newHost(t *testing.T, files map[string]string) *host.Host {
	t.Helper()
	h := &host.Host{Root: testkit.Folder(t), Unowned: true}
	for path, text := range files {
		testkit.Put(t, h.Root, path, text)
	}
	return h
}

func TestTheAuthorityIsTheOneThatSignedWhatTheAgentShows(t *testing.T) {
	own, mesh := issue(t, "Agent CA", nil, isAuthority), issue(t, "Mesh CA", nil, isAuthority)
	between := issue(t, "Intermediate", &own, isAuthority)
	leaf, below := issue(t, "client.dc1.consul", &own, nil), issue(t, "client.dc1.consul", &between, nil)
	alone := issue(t, "self-signed", nil, nil)
	ofMesh := issue(t, "agent of the mesh", &mesh, nil)
	const elsewhere = "/srv/pki/ca.pem"
	for name, one := range map[string]struct {
		leaf   authority
		chain  []authority
		files  map[string]string
		silent bool
		source string
		of     authority
	}{
		"the agent's own setting": {leaf: leaf, files: map[string]string{elsewhere: own.pem()}, source: elsewhere, of: own},
		"a file in its folder": {leaf: leaf, files: map[string]string{
			"/etc/consul.d/certs/mesh.pem": mesh.pem(), "/etc/consul.d/certs/client.pem": leaf.pem(), "/etc/consul.d/certs/agent-ca.crt": own.pem(),
		}, source: "/etc/consul.d/certs/agent-ca.crt", of: own},
		"a setting, where the agent says nothing": {leaf: leaf, silent: true, files: map[string]string{
			"/etc/consul.d/agent.hcl": "tls { defaults { ca_file = \"/srv/other.pem\" } }", "/srv/other.pem": own.pem(),
		}, source: "/srv/other.pem", of: own},
		"the mesh's": {leaf: ofMesh, files: map[string]string{elsewhere: own.pem()},
			source: "the authority of the mesh (/v1/agent/connect/ca/roots)", of: mesh},
		"an intermediate in the chain": {leaf: below, chain: []authority{between}, files: map[string]string{elsewhere: own.pem()}, source: elsewhere, of: own},
		"the chain itself":             {leaf: leaf, chain: []authority{own}, source: "the chain that it sends", of: own},
		"self-signed":                  {leaf: alone, source: "the chain that it sends", of: alone},
	} {
		port := serve(t, tls.NoClientCert, one.leaf, one.chain...)
		agent := fake{page(port, 0, elsewhere), []string{mesh.pem()}}
		finder := xds.Finder{Host: newHost(t, one.files), Agent: agent, TLSPort: port}
		if one.silent {
			agent.self = nil
			finder.Agent = agent
		}
		way, err := finder.Find(t.Context(), true)
		if err != nil || way.Port != port || !way.TLS || way.Source != one.source || way.Authority != one.of.pem() {
			t.Errorf("%s: %v %d %t %q\n%s", name, err, way.Port, way.TLS, way.Source, way.Authority)
		}
	}
}

func TestAnUnusableAgentIsRefused(t *testing.T) {
	own, other := issue(t, "Agent CA", nil, isAuthority), issue(t, "Other CA", nil, isAuthority)
	expired := issue(t, "old", &own, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	leaf := issue(t, "client.dc1.consul", &own, nil)
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for name, one := range map[string]struct {
		port    int
		message string
	}{
		"unknown":            {serve(t, tls.NoClientCert, leaf), `of "CN=client.dc1.consul" for client.dc1.consul, by "CN=Agent CA", until `},
		"expired":            {serve(t, tls.NoClientCert, expired), "is not valid by any authority which this node knows"},
		"wants certificates": {serve(t, tls.RequireAnyClientCert, leaf), "write tls { grpc { verify_incoming = false } } into the agent's configuration"},
		"no TLS there":       {portOf(t, plain.URL), "speaks no TLS on its gRPC port"},
	} {
		files := map[string]string{"/etc/consul.d/ca.pem": other.pem()}
		if name == "expired" {
			files["/etc/consul.d/ca.pem"] = own.pem()
		}
		_, err := xds.New(newHost(t, files), fake{self: page(one.port, 0, "")}).Find(t.Context(), true)
		if err == nil || !strings.Contains(err.Error(), one.message) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPortsWithoutTLS(t *testing.T) {
	own := issue(t, "Agent CA", nil, isAuthority)
	withTLS := serve(t, tls.NoClientCert, issue(t, "leaf", &own, nil), own)
	for name, one := range map[string]struct {
		ports     [2]int
		preferTLS bool
		flags     string
	}{
		"no TLS there":      {[2]int{0, 8502}, true, " -grpc-addr 127.0.0.1:8502"},
		"both, open mesh":   {[2]int{withTLS, 9502}, false, " -grpc-addr 127.0.0.1:9502"},
		"both, locked mesh": {[2]int{withTLS, 9502}, true, " -grpc-addr https://127.0.0.1:" + strconv.Itoa(withTLS) + " -grpc-ca-file /ca.pem"},
	} {
		way, err := xds.New(newHost(t, nil), fake{self: page(one.ports[0], one.ports[1], "")}).Find(t.Context(), one.preferTLS)
		if err != nil || way.Flags("/ca.pem") != one.flags {
			t.Errorf("%s: %v %q", name, err, way.Flags("/ca.pem"))
		}
	}
	none, err := xds.Finder{Host: newHost(t, nil), Agent: fake{}, TLSPort: free(t), PlainPort: free(t)}.Find(t.Context(), true)
	if err != nil || none.Port != 0 {
		t.Errorf("no port: %v %+v", err, none)
	}
}

func free(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	testkit.Must(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
