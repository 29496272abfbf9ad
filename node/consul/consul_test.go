package consul

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestAnAgentMayTakeLongToReload(t *testing.T) {
	const timeout = 50 * time.Millisecond
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(4 * timeout) }))
	defer server.Close()
	client, err := newClient(strings.TrimPrefix(server.URL, "http://"), "", timeout)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	if client.Answers(t.Context()) {
		t.Error("an agent that does not answer in time counts as one that does")
	}
}
