package envoy

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

func page(t *testing.T, pages map[string]string) Admin {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, there := pages[r.URL.Path]
		if !there {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(server.Close)
	return Admin{URL: server.URL}
}

func TestTrafficAddsUpRequestsFromOutside(t *testing.T) {
	admin := page(t, map[string]string{"/stats": "http.public_listener.downstream_rq_active: 2\n" +
		"http.public_listener.downstream_rq_total: 40\ntcp.public_listener.downstream_cx_active: 1\n" +
		"tcp.public_listener.downstream_cx_total: 5\na.histogram: P0(1,2)\n"})
	got, err := admin.Traffic(context.Background())
	if err != nil || got != (Traffic{Active: 3, Total: 45}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestListeners(t *testing.T) {
	admin := page(t, map[string]string{"/listeners": `{"listener_statuses": [{"name": "backend:127.0.0.1:5000",
		"local_address": {"socket_address": {"address": "127.0.0.1", "port_value": 5000}}}]}`})
	got, err := admin.Listeners(context.Background())
	if err != nil || len(got) != 1 || got[0] != (Listener{"backend:127.0.0.1:5000", "127.0.0.1", 5000}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAPageThatIsNotThereIsAnError(t *testing.T) {
	if _, err := page(t, nil).Draining(context.Background()); err == nil {
		t.Error("no page passes for nothing that drains")
	}
}

func TestVersionBehindAHashThatLooksLikeOne(t *testing.T) {
	for printed, want := range map[string]string{
		"envoy  version: 5c1f1.2.3a/1.36.4/Clean/RELEASE/BoringSSL": "1.36.4",
		"no version": "",
	} {
		if got := Version(printed); got != want {
			t.Errorf("%s: got %q", printed, got)
		}
	}
}

func TestAnAnswerWithoutEndIsNotRead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for some := make([]byte, 1<<20); r.Context().Err() == nil; {
			if _, err := w.Write(some); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	if _, err := (Admin{URL: server.URL, Largest: 1 << 20}).Get(context.Background(), "/clusters"); err == nil || err.Error() != "/clusters answers more than 1 MiB" {
		t.Errorf("got %v", err)
	}
}
