package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

const (
	edgeOld   = `{"Kind":"ingress-gateway","Name":"edge","Listeners":[{"Port":8080,"Protocol":"http","Services":[{"Name":"a","Hosts":["shop.test"],"PassiveHealthCheck":{"Interval":10000000000,"MaxFailures":3}},{"Name":"b"}]}]}`
	edgeNew   = `{"Kind":"ingress-gateway","Name":"edge","Listeners":[{"Port":8080,"Protocol":"http","Services":[{"Name":"b"}]}]}`
	routesOld = "http :8080 -> a (shop.test), b"
)

func (g gateway) said(said string, lines ...string) {
	g.Helper()
	want := ""
	for _, line := range lines {
		want += "gatehouse: " + line + "\n"
	}
	if said != want {
		g.Errorf("said\n%swant\n%s", said, want)
	}
}

func name(route document.Route) string {
	return fmt.Sprintf("%s :%d host 'shop.test' -> a", route.Protocol, route.Port)
}

func TestRoutesThatAnswerAreRecorded(t *testing.T) {
	tries := 0
	late := listener(t, "http", false, func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries < 2 {
			w.WriteHeader(503)
			return
		}
		serves(w, r)
	})
	grpc := listener(t, "grpc", false, serves)
	g := newGateway(t, late, grpc)
	g.has(edgeOld)
	said, err := g.probe()
	testkit.Must(g, err)
	g.said(said, "route "+name(late)+" answers", "route "+name(grpc)+" answers")
	record, err := g.Read(host.Instances + "/edge/routes.json")
	testkit.Must(g, err)
	var entry consul.Entry
	testkit.Must(g, json.Unmarshal(record, &entry))
	if text, _ := json.Marshal(entry); string(text) != g.entry() || strings.Contains(string(text), "Index") {
		t.Errorf("recorded %s", record)
	}
	if !g.Owns(host.Instances+"/edge/routes.json", 0o644, host.Owner{}) {
		t.Error("the record has another mode")
	}
}

func TestRoutesThatDoNotAnswerGoBack(t *testing.T) {
	down := atomic.Bool{}
	route := listener(t, "http", false, func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			w.WriteHeader(503)
			return
		}
		serves(w, r)
	})
	g := newGateway(t, route)
	g.has(edgeOld)
	_, err := g.probe()
	testkit.Must(g, err)
	old := g.entry()
	down.Store(true)
	fails := name(route) + " does not answer after 300ms: status 503"

	said, err := g.probe()
	g.said(said, "route "+fails, "the routes of edge are those that answered before: there is nothing to go back to")
	if want := "not every route of edge answers: " + fails + "; on this node 'mesh routes' and 'mesh status' show more"; text(err) != want {
		t.Errorf("got the error %v", err)
	}

	g.has(edgeNew)
	said, err = g.probe()
	g.said(said, "route "+fails, "the routes of edge are back to those that answered before: "+routesOld)
	if err == nil || g.entry() != old {
		t.Errorf("got %v; Consul has %s", err, g.entry())
	}

	testkit.Must(g, g.consul.DeleteEntry(t.Context(), ingressGateway, "edge"))
	testkit.Must(g, g.consul.PutEntry(t.Context(), consul.Entry{"Kind": "service-defaults", "Name": "a", "Protocol": "tcp"}))
	said, err = g.probe()
	if err == nil || !strings.Contains(said, "the routes of edge stay as they are: Consul refuses those that answered before: service \"a\" has protocol") {
		t.Errorf("said %s", said)
	}
}

func TestNoEarlierRoutes(t *testing.T) {
	g := newGateway(t, listener(t, "http", false, status(404)))
	g.has(edgeNew)
	now := g.entry()
	said, err := g.probe()
	if err == nil || !strings.HasSuffix(said, "gatehouse: there are no earlier routes of edge to go back to\n") || g.entry() != now {
		t.Errorf("said %s", said)
	}
	for _, record := range []string{"{", edgeForeign} {
		testkit.Must(g, g.Write(host.Instances+"/edge/routes.json", []byte(record), 0o644, host.Owner{}))
		said, err = g.probe()
		if err == nil || !strings.Contains(said, "stay as they are, since the earlier ones are not known") || g.entry() != now {
			t.Errorf("said %s", said)
		}
	}
}

const edgeForeign = `{"Kind":"ingress-gateway","Name":"other","Listeners":[]}`

func TestARecordThatCannotBeMadeFailsNoDeploy(t *testing.T) {
	g := newGateway(t, listener(t, "http", false, serves))
	said, err := g.probe()
	testkit.Must(g, err)
	if !strings.Contains(said, "could not be recorded for a later deploy to go back to: Consul has no entry ingress-gateway/edge") {
		t.Errorf("said %s", said)
	}
}

func TestRoutesAreTriedAtOnceAndPrintedInTheirOrder(t *testing.T) {
	waiting := make(chan struct{})
	slow := listener(t, "http", false, func(w http.ResponseWriter, r *http.Request) { <-waiting; serves(w, r) })
	quick := listener(t, "http", false, func(w http.ResponseWriter, r *http.Request) {
		close(waiting) // the first route is answered only when this one was asked
		serves(w, r)
	})
	g := newGateway(t, slow, quick)
	g.patience = 5 * time.Second
	g.has(edgeNew)
	said, err := g.probe()
	testkit.Must(g, err)
	g.said(said, "route "+name(slow)+" answers", "route "+name(quick)+" answers")
}

func TestRoutesAfterAFailureHaveLessTime(t *testing.T) {
	silent := listener(t, "http", false, status(503))
	g := newGateway(t)
	for range atOnce + 1 {
		g.doc.Routes = append(g.doc.Routes, silent)
	}
	said, err := g.probe()
	if err == nil || !strings.Contains(said, name(silent)+" does not answer after 50ms: status 503\n") {
		t.Errorf("said %s", said)
	}
}

func TestAnEndedRunChangesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := newGateway(t, listener(t, "http", false, func(http.ResponseWriter, *http.Request) { cancel() }))
	g.has(edgeNew)
	testkit.Must(g, g.Write(host.Instances+"/edge/routes.json", []byte(edgeOld), 0o644, host.Owner{}))
	g.doc.ACL = false
	now := g.entry()
	if err := g.run(ctx, g.doc, func(string) (*consul.Client, error) { return g.consul, nil }); err != context.Canceled || g.entry() != now {
		t.Errorf("got %v", err)
	}
}

func TestTheTokenHasToArrive(t *testing.T) {
	g := newGateway(t)
	if err := g.run(t.Context(), g.doc, agent.Connect); err == nil || !strings.Contains(err.Error(), "did not arrive at /run/gatehouse-secrets/shop/probe-edge.json") {
		t.Errorf("got %v", err)
	}
}
