package consul

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
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

func TestASidecarIsPreRegisteredAsCriticalWithTheIDsThatTheAgentGives(t *testing.T) {
	var got struct {
		Node           string
		SkipNodeUpdate bool
		Service        struct {
			Kind, ID, Service string
			Port              int
			Meta              map[string]string
			Proxy             struct{ DestinationServiceName string }
		}
		Checks []struct{ CheckID, Status, ServiceID string }
	}
	token := ""
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		switch request.URL.Path {
		case "/v1/agent/self":
			_, _ = answer.Write([]byte(`{"Config": {"NodeName": "worker1"}}`))
		case "/v1/catalog/register":
			token = request.Header.Get("X-Consul-Token")
			_ = json.NewDecoder(request.Body).Decode(&got)
		}
	}))
	defer server.Close()
	client, err := New(strings.TrimPrefix(server.URL, "http://"), "of-the-node")
	if err != nil {
		t.Fatal(err)
	}
	sidecar := Registration{ID: "web-2-sidecar-proxy", Service: "web-sidecar-proxy", Port: 21001, Of: "web", OfID: "web-2", Mesh: "shop"}
	if err := client.PreRegister(t.Context(), sidecar, "of-web"); err != nil {
		t.Fatal(err)
	}
	service := got.Service
	if got.Node != "worker1" || !got.SkipNodeUpdate || token != "of-web" || service.Kind != "connect-proxy" || service.ID != sidecar.ID ||
		service.Service != sidecar.Service || service.Port != 21001 || service.Proxy.DestinationServiceName != "web" || service.Meta["gatehouse-mesh"] != "shop" {
		t.Errorf("%+v with %q", got, token)
	}
	for i, check := range got.Checks {
		if check.CheckID != "service:web-2-sidecar-proxy:"+strconv.Itoa(i+1) || check.Status != "critical" || check.ServiceID != sidecar.ID {
			t.Errorf("%+v", check)
		}
	}
	if len(got.Checks) != 2 {
		t.Errorf("%+v", got.Checks)
	}
}
