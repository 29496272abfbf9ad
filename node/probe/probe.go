// Package probe waits until every declared route of a gateway on this node is answered by its service. If that fails, it puts
// back the routes that answered before.
package probe

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/envoy"
	"gatehouse/node/host"
	"gatehouse/node/secrets"
)

// prober has the parts that tests shorten or replace.
type prober struct {
	*host.Host
	// Admin page of the gateway's Envoy.
	admin envoy.Admin
	// patience is how long a route may take to answer, and rest how long it may take after another one failed.
	patience, rest time.Duration
}

const (
	// hears is how long the gateway's Envoy takes at most to get new routes.
	hears = time.Second
	// recent is how old an update of Envoy may be to count as these routes.
	recent = 2 * time.Second
	// interval between two tries.
	interval = 200 * time.Millisecond
	// atOnce is how many routes are tried at the same time.
	atOnce = 16
)

// Run is the verb probe. connect is called with the token that arrived; "" where there are no ACLs.
func Run(ctx context.Context, h *host.Host, doc document.Probe, connect func(token string) (*consul.Client, error)) error {
	return prober{h, envoy.At(doc.AdminPort), time.Minute, 5 * time.Second}.run(ctx, doc, connect)
}

func (p prober) run(ctx context.Context, doc document.Probe, connect func(token string) (*consul.Client, error)) error {
	token, err := take(p.Host, doc)
	if err != nil {
		return err
	}
	if !document.ValidName(doc.Gateway) {
		return fmt.Errorf("%q is not the name of a gateway", doc.Gateway)
	}
	if err := p.CheckOwner(doc.Owner); err != nil {
		return err
	}
	client, err := connect(token)
	if err != nil {
		return err
	}
	// An answer of the earlier configuration says nothing about these routes.
	host.Wait(ctx, hears, interval, func() bool { return p.heard(ctx) })
	silent := p.routes(ctx, doc.Routes)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	past := past{p.Host, client, doc.Gateway}
	if len(silent) == 0 {
		past.record(ctx)
		return nil
	}
	past.bringBack(ctx)
	host.Wait(ctx, hears, interval, func() bool { return p.heard(ctx) }) // until callers get those routes
	return fmt.Errorf("not every route of %s answers: %s; on this node 'mesh routes' and 'mesh status' show more", doc.Gateway, strings.Join(silent, "; "))
}

// take the token, which stays only in memory.
func take(h *host.Host, doc document.Probe) (string, error) {
	if !doc.ACL {
		return "", nil
	}
	return secrets.TakeOne(h, doc.Mesh, "probe-"+doc.Gateway, "probe")
}

// heard says whether Envoy got listeners or routes just now.
func (p prober) heard(ctx context.Context) bool {
	stats, _ := p.admin.Stats(ctx, `(lds.update_time|rds..*.config_reload_time_ms)$`)
	since := time.Now().Add(-recent).UnixMilli()
	for _, at := range stats {
		if at > since {
			return true
		}
	}
	return false
}

// routes tries several routes at once, and prints them in their order. It returns those that do not answer, with the reason.
func (p prober) routes(ctx context.Context, routes []document.Route) []string {
	var failed atomic.Bool
	places := make(chan struct{}, atOnce)
	results := make([]chan string, len(routes))
	var all sync.WaitGroup
	for i := range routes {
		results[i] = make(chan string, 1)
	}
	all.Go(func() {
		for i, route := range routes {
			places <- struct{}{}
			all.Go(func() {
				results[i] <- p.route(ctx, route, &failed)
				<-places
			})
		}
	})
	var silent []string
	for i, route := range routes {
		problem := <-results[i]
		if problem == "" {
			p.Say("route %s answers", describe(route))
			continue
		}
		p.Say("route %s %s", describe(route), problem)
		silent = append(silent, describe(route)+" "+problem)
	}
	all.Wait()
	return silent
}

func describe(route document.Route) string {
	return fmt.Sprintf("%s :%d host '%s' -> %s", route.Protocol, route.Port, route.Host, route.Service)
}

// route waits for one route, and returns why it does not answer, or nothing. After another one failed it waits less: it has
// had time enough.
func (p prober) route(ctx context.Context, route document.Route, failed *atomic.Bool) string {
	patience := p.patience
	if failed.Load() {
		patience = p.rest
	}
	try, done := tryOf(route)
	defer done()
	var last error
	if host.Wait(ctx, patience, interval, func() bool { last = try(ctx); return last == nil }) {
		return ""
	}
	failed.Store(true)
	return fmt.Sprintf("does not answer after %s: %s", patience, last)
}
