package probe

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"gatehouse/node/document"
)

func TestAnswers(t *testing.T) {
	tests := []struct {
		name, protocol string
		tls            bool
		handler        http.HandlerFunc
		want           string
	}{
		{"http", "http", false, serves, ""},
		{"http with TLS", "http", true, serves, ""},
		{"http2 in clear", "http2", false, serves, ""},
		{"grpc in clear", "grpc", false, serves, ""},
		{"http2 with TLS", "http2", true, serves, ""},
		{"any status of a service", "http", false, func(w http.ResponseWriter, r *http.Request) { serves(w, r); w.WriteHeader(404) }, ""},
		{"a redirect, which is not followed", "http", false, func(w http.ResponseWriter, r *http.Request) {
			serves(w, r)
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, ""},
		{"no such host", "http", false, status(404), "status 404, from the gateway itself"},
		{"503", "http", false, status(503), "status 503"},
		{"503 of a service", "http", false, func(w http.ResponseWriter, r *http.Request) { serves(w, r); w.WriteHeader(503) }, "status 503"},
		{"502", "http2", false, status(502), "status 502"},
		{"504", "http", true, status(504), "status 504"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var host, version string
			route := listener(t, test.protocol, test.tls, func(w http.ResponseWriter, r *http.Request) {
				host, version = r.Host, r.Proto
				test.handler(w, r)
			})
			if err := once(t.Context(), route); text(err) != test.want {
				t.Errorf("got %q, want %q", text(err), test.want)
			}
			want := "HTTP/2.0"
			if test.protocol == "http" {
				want = "HTTP/1.1"
			}
			if host != "shop.test" || version != want {
				t.Errorf("the gateway was asked for %q with %s", host, version)
			}
		})
	}
}

func TestAnHTTPListenerWithTLSMaySpeakHTTP2(t *testing.T) {
	route := listener(t, "http2", true, serves)
	route.Protocol = "http"
	if err := once(t.Context(), route); err != nil {
		t.Error(err)
	}
}

func TestNothingListens(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for protocol, want := range map[string]string{"http": "no answer: ", "grpc": "no answer: ", "tcp": errClosed.Error()} {
		if err := once(t.Context(), document.Route{Protocol: protocol, Port: port(t, closed), Host: "-"}); !strings.HasPrefix(text(err), want) {
			t.Errorf("%s: got %q", protocol, text(err))
		}
	}
}

func TestTCP(t *testing.T) {
	for name, test := range map[string]struct {
		serve func(net.Conn)
		want  string
	}{
		"stays open":     {func(net.Conn) {}, ""},
		"speaks first":   {func(c net.Conn) { _, _ = c.Write([]byte("hello")) }, ""},
		"closed at once": {func(c net.Conn) { c.Close() }, errClosed.Error()},
		"reset at once": {func(c net.Conn) {
			_ = c.(*net.TCPConn).SetLinger(0)
			c.Close()
		}, errClosed.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			listening, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { listening.Close() })
			go func() {
				for {
					connection, err := listening.Accept()
					if err != nil {
						return
					}
					t.Cleanup(func() { connection.Close() })
					test.serve(connection)
				}
			}()
			if err := once(t.Context(), document.Route{Protocol: "tcp", Port: port(t, listening)}); text(err) != test.want {
				t.Errorf("got %q, want %q", text(err), test.want)
			}
		})
	}
}

func once(ctx context.Context, route document.Route) error {
	try, done := tryOf(route)
	defer done()
	return try(ctx)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
