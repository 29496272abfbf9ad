package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"gatehouse/node/document"
)

const (
	// requestTimeout of one try.
	requestTimeout = 5 * time.Second
	// moment for which a connection has to stay open.
	moment = 500 * time.Millisecond
)

// serviceHeader is in the answers of services through Envoy, and in none of Envoy's own.
const serviceHeader = "X-Envoy-Upstream-Service-Time"

// tryOf a route: a function that tries it once, and one that ends its connections.
func tryOf(route document.Route) (try func(context.Context) error, done func()) {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(route.Port))
	if route.Protocol == "tcp" {
		return func(ctx context.Context) error { return tcpAnswers(ctx, address) }, func() {}
	}
	transport := transportFor(route, address)
	url := "http://" + address + "/"
	if route.TLS {
		url = "https://" + route.Host + "/"
	}
	return func(ctx context.Context) error {
		return httpAnswers(ctx, transport, url, route.Host)
	}, transport.CloseIdleConnections
}

// transportFor a route. It accepts any certificate. Each try opens its own connection, as a new client does.
func transportFor(route document.Route, address string) *http.Transport {
	protocols := new(http.Protocols)
	switch {
	case route.Protocol != "http2" && route.Protocol != "grpc":
		protocols.SetHTTP1(true)
		protocols.SetHTTP2(route.TLS)
	case route.TLS:
		protocols.SetHTTP2(true)
	default:
		protocols.SetUnencryptedHTTP2(true)
	}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		Protocols:         protocols,
		DisableKeepAlives: true,
	}
}

// httpAnswers says why no service answers, or nothing. A redirect is an answer, and is not followed.
func httpAnswers(ctx context.Context, transport http.RoundTripper, url, host string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Host = host
	response, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	response.Body.Close()
	switch response.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fmt.Errorf("status %d", response.StatusCode)
	}
	if response.Header.Get(serviceHeader) == "" {
		return fmt.Errorf("status %d, from the gateway itself", response.StatusCode)
	}
	return nil
}

var errClosed = errors.New("the connection was refused or closed at once")

// tcpAnswers needs a connection that stays open for a moment: Envoy closes one that leads to no service.
func tcpAnswers(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return errClosed
	}
	defer connection.Close()
	if err := connection.SetReadDeadline(time.Now().Add(moment)); err != nil {
		return err
	}
	_, err = connection.Read(make([]byte, 1))
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return errClosed
}
