package inspect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// attemptPatience is for one request, and for one connection.
const attemptPatience = 3 * time.Second

// transport for one attempt: a plain one speaks the protocol of the called service; with a certificate the sidecar chooses.
func transport(protocol string, certificate *tls.Certificate) *http.Transport {
	one := &http.Transport{DisableKeepAlives: true, Protocols: new(http.Protocols)}
	switch {
	case certificate != nil:
		one.TLSClientConfig = trusting(*certificate)
		one.Protocols.SetHTTP1(true)
		one.Protocols.SetHTTP2(true)
	case protocol == "http":
		one.Protocols.SetHTTP1(true)
	default:
		one.Protocols.SetUnencryptedHTTP2(true)
	}
	return one
}

// trusting accepts any certificate of the other side: the question is whether that side lets this one in.
func trusting(certificate tls.Certificate) *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{certificate}} //nolint:gosec // see above
}

// looked is how much of an answer is read.
const looked = 4096

func tryHTTP(ctx context.Context, url string, through *http.Transport) verdict {
	defer through.CloseIdleConnections()
	client := http.Client{Transport: through, Timeout: attemptPatience, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return failed(err.Error())
	}
	response, err := client.Do(request)
	if err != nil {
		return failed("no answer")
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, looked)) // the status decides, even when the rest is missing
	body := strings.TrimSpace(strings.NewReplacer("\x00", "", "\r", "").Replace(string(text)))
	switch response.StatusCode {
	case http.StatusForbidden:
		if strings.HasPrefix(body, "RBAC: access denied") || strings.Contains(body, "\nRBAC: access denied") {
			return refused("403 RBAC: access denied")
		}
		return allowed("403 of the service itself")
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return failed(strings.TrimSpace(fmt.Sprintf("status %d %.100s", response.StatusCode, body[strings.LastIndex(body, "\n")+1:])))
	}
	return allowed(fmt.Sprintf("status %d", response.StatusCode))
}

// tryTCP through an upstream listener. Envoy decides at the first byte: a refused connection is then closed at once.
func (n Node) tryTCP(ctx context.Context, at string) verdict {
	connection, err := connect(ctx, at)
	if err != nil {
		return failed(reason(err))
	}
	defer connection.Close()
	return n.staysOpen(connection, "\n")
}

// tryTLS at a sidecar that speaks tcp: it closes the connection of a caller that it does not allow; an allowed one may
// talk on.
func (n Node) tryTLS(ctx context.Context, at string, certificate tls.Certificate) verdict {
	plain, err := connect(ctx, at)
	if err != nil {
		return failed(reason(err))
	}
	defer plain.Close()
	_ = plain.SetDeadline(time.Now().Add(attemptPatience))
	connection := tls.Client(plain, trusting(certificate))
	if err := connection.HandshakeContext(ctx); err != nil {
		if timedOut(err) {
			return failed("no TLS handshake")
		}
		return refused("connection closed")
	}
	return n.staysOpen(connection, "GET / HTTP/1.1\r\nHost: "+at+"\r\n\r\n")
}

// staysOpen sends these first bytes, and says whether the connection stays open.
func (n Node) staysOpen(connection net.Conn, say string) verdict {
	_ = connection.SetDeadline(time.Now().Add(n.Silence))
	_, err := io.WriteString(connection, say)
	if err == nil {
		_, err = connection.Read(make([]byte, 1))
	}
	if err == nil || timedOut(err) {
		return allowed("connection stays open")
	}
	return refused("connection closed")
}

func connect(ctx context.Context, at string) (net.Conn, error) {
	return (&net.Dialer{Timeout: attemptPatience}).DialContext(ctx, "tcp", at)
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout())
}

func reason(err error) string {
	if timedOut(err) {
		return "no answer"
	}
	return "connection refused"
}
