package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// resourceAt is the resource against a server with these answers, with a patience of 200 ms.
func resourceAt(t *testing.T, answer http.HandlerFunc) *configEntryResource {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	client, err := newClient(providerModel{Address: types.StringValue(server.Listener.Addr().String())})
	if err != nil {
		t.Fatal(err)
	}
	client.patience.limit, client.patience.pause = 200*time.Millisecond, 10*time.Millisecond
	return &configEntryResource{client: client}
}

func TestWaitsForALeader(t *testing.T) {
	asked := 0
	resource := resourceAt(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked < 4 {
			http.Error(w, "No cluster leader", http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, `{"Kind":"service-defaults","Name":"a","Protocol":"http"}`)
	})
	stored, err := resource.read(context.Background(), place{kind: api.ServiceDefaults, name: "a"})
	if err != nil || !strings.Contains(stored, `"Protocol":"http"`) {
		t.Fatalf("read %q, %v", stored, err)
	}
}

func TestGivesUpOnAnOutageOnceForAllResources(t *testing.T) {
	resource := resourceAt(t, nil)
	resource.client.patience.limit = 50 * time.Millisecond
	config := api.DefaultConfig()
	config.Address = "127.0.0.1:1" // nothing listens there
	resource.client.api, _ = api.NewClient(config)
	_, err := resource.read(context.Background(), place{kind: api.ServiceDefaults, name: "a"})
	if err == nil || !strings.Contains(err.Error(), "did not answer") {
		t.Fatalf("got %v", err)
	}
	began := time.Now()
	if _, err := resource.read(context.Background(), place{kind: api.ServiceDefaults, name: "b"}); err == nil {
		t.Fatal("the second read passed")
	}
	if took := time.Since(began); took > 40*time.Millisecond {
		t.Errorf("the second resource waited again: %s", took)
	}
}

func TestDoesNotRepeatARefusal(t *testing.T) {
	asked := 0
	resource := resourceAt(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		http.Error(w, `service "x" has protocol "tcp"`, http.StatusInternalServerError)
	})
	planned := configEntryModel{
		Kind: types.StringValue(api.ServiceDefaults), Name: types.StringValue("a"), ConfigJSON: types.StringValue("{}"),
	}
	err := resource.write(context.Background(), &planned)
	if err == nil || !strings.Contains(err.Error(), `has protocol "tcp"`) || asked != 1 {
		t.Fatalf("asked %d times, got %v", asked, err)
	}
}

func TestDoesNotWaitForAServerThatRefusesTheCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	resource := resourceAt(t, nil)
	resource.client.patience.limit = time.Minute
	config := api.DefaultConfig()
	config.Address, config.Scheme, config.TLSConfig.InsecureSkipVerify = server.Listener.Addr().String(), "https", true
	resource.client.api, _ = api.NewClient(config)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := resource.read(ctx, place{kind: api.ServiceDefaults, name: "a"})
	if err == nil || !strings.Contains(err.Error(), "certificate required") || strings.Contains(err.Error(), "interrupted") {
		t.Fatalf("got %v", err)
	}
}

func TestATokenComesFromTheEnvironmentAndTheBlockWins(t *testing.T) {
	t.Setenv("CONSUL_HTTP_TOKEN", "from-environment")
	for given, want := range map[string]string{"": "from-environment", "from-block": "from-block"} {
		seen := ""
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = r.Header.Get("X-Consul-Token")
			http.NotFound(w, r)
		}))
		client, err := newClient(providerModel{
			Address: types.StringValue(server.Listener.Addr().String()), Token: types.StringValue(given),
		})
		if err != nil {
			t.Fatal(err)
		}
		stored, err := (&configEntryResource{client: client}).read(context.Background(), place{kind: "mesh", name: "mesh"})
		server.Close()
		if stored != "" || err != nil || seen != want {
			t.Errorf("given %q: sent %q, read %q, %v", given, seen, stored, err)
		}
	}
}
