package fake

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gatehouse/node/envoy"
)

// Envoys are the admin pages of the node's Envoys, and the health page of services at /health.
type Envoys struct {
	// URL of the server.
	URL string

	node   *Node
	mutex  sync.Mutex
	active int
	health int
}

func newEnvoys(t testing.TB, n *Node) *Envoys {
	e := &Envoys{node: n, health: http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(server.Close)
	e.URL = server.URL
	return e
}

func (e *Envoys) at(port int) envoy.Admin { return envoy.Admin{URL: fmt.Sprintf("%s/%d", e.URL, port)} }

// SetActive requests of every Envoy.
func (e *Envoys) SetActive(active int) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.active = active
}

// SetHealth is the status of the health page.
func (e *Envoys) SetHealth(status int) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.health = status
}

func (e *Envoys) serve(w http.ResponseWriter, request *http.Request) {
	e.mutex.Lock()
	active, health := e.active, e.health
	e.mutex.Unlock()
	port, page, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
	if port == "health" {
		w.WriteHeader(health)
		fmt.Fprint(w, "the page of \x1b[31mhealth")
		return
	}
	number, _ := strconv.Atoi(port)
	unit := e.node.Procs.holder(number)
	switch {
	case unit == "":
		w.WriteHeader(http.StatusServiceUnavailable)
	case page == "listeners":
		fmt.Fprintf(w, `{"listener_statuses": [%s]}`, strings.Join(e.listeners(unit, number), ","))
	case strings.Contains(request.URL.Query().Get("filter"), "draining"):
		fmt.Fprintln(w, "listener_manager.total_listeners_draining: 0")
	default:
		fmt.Fprintf(w, "http.public_listener.downstream_rq_active: %d\nhttp.public_listener.downstream_rq_total: 7\n", active)
	}
}

// listeners of the Envoy of a unit: the upstreams of its sidecar's registration, or a gateway's routes.
func (e *Envoys) listeners(unit string, adminPort int) []string {
	const one = `{"name": %q, "local_address": {"socket_address": {"address": %q, "port_value": %d}}}`
	var found []string
	registered, _ := e.node.Consul.Registrations(context.Background())
	for _, registration := range registered {
		if registration.ID+".service" == unit {
			for _, upstream := range registration.Upstreams {
				found = append(found, fmt.Sprintf(one, fmt.Sprintf("%s:127.0.0.1:%d", upstream.Name, upstream.LocalPort), "127.0.0.1", upstream.LocalPort))
			}
		}
	}
	if process, runs := e.node.Procs.running(unit); runs && strings.Contains(process.text, "-gateway ingress") {
		for _, port := range slices.DeleteFunc(process.ports(), func(port int) bool { return port == adminPort }) {
			found = append(found, fmt.Sprintf(one, "http:0.0.0.0", "0.0.0.0", port))
		}
	}
	return found
}
