package xds

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// patience with a port of this node.
const patience = 3 * time.Second

// preface with which a client of HTTP/2 begins; a frame of settings follows.
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// listens gives the port back when something answers there on loopback, else 0.
func listens(port int) int {
	connection, err := net.DialTimeout("tcp", loopback(port), patience)
	if err != nil {
		return 0
	}
	_ = connection.Close()
	return port
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// shown is the chain of certificates that the port shows, its own first. It fails as Envoy would when the port wants a
// certificate of Envoy's.
func shown(ctx context.Context, port int) ([]*x509.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	asked := false
	dialer := tls.Dialer{Config: &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // the chain is verified against each authority that the node knows
		NextProtos:         []string{"h2"},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked = true
			return &tls.Certificate{}, nil
		},
	}}
	dialed, err := dialer.DialContext(ctx, "tcp", loopback(port))
	if err == nil {
		defer dialed.Close()
		connection := dialed.(*tls.Conn)
		if err = greet(ctx, connection); err == nil || !asked {
			return connection.ConnectionState().PeerCertificates, nil
		}
	}
	if asked {
		return nil, fault(WantsCertificate, "Consul's agent wants a certificate of Envoy's on its gRPC port %d (%s), and `consul connect envoy` has no way to give Envoy one: "+
			"write tls { grpc { verify_incoming = false } } into the agent's configuration; the port is bound to client_addr, and the token decides", port, err)
	}
	return nil, fault(NoTLS, "Consul's agent speaks no TLS on its gRPC port %d: %s; see ports.grpc_tls of the agent, and: journalctl -u consul -n 50", port, err)
}

// greet as a client of HTTP/2 does, and wait for the answer: with TLS 1.3 a port refuses a client only now.
func greet(ctx context.Context, connection net.Conn) error {
	deadline, _ := ctx.Deadline()
	if err := connection.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := io.WriteString(connection, preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		return err
	}
	_, err := connection.Read(make([]byte, 1))
	if errors.Is(err, io.EOF) {
		return errors.New("it ended the connection")
	}
	return err
}

// describe a certificate in words.
func describe(certificate *x509.Certificate) string {
	names := append([]string{}, certificate.DNSNames...)
	for _, ip := range certificate.IPAddresses {
		names = append(names, ip.String())
	}
	for _, uri := range certificate.URIs {
		names = append(names, uri.String())
	}
	return fmt.Sprintf("of %q for %s, by %q, until %s", certificate.Subject, strings.Join(names, " "), certificate.Issuer,
		certificate.NotAfter.UTC().Format(time.DateOnly))
}
