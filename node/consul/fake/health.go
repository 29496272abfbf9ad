package fake

import (
	"context"
	"errors"
	"slices"

	"gatehouse/node/consul"
)

func (a *Agent) isWell(id string) bool { return a.Healthy == nil || a.Healthy(id) }

func (a *Agent) has(id string) (there, hidden bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	_, there = a.registered[id]
	return there, a.node || a.maintenance[id]
}

// Status implements consul.Agent.
func (a *Agent) Status(ctx context.Context, id string) (consul.Status, error) {
	if err := errors.Join(a.ask("status", id), ctx.Err()); err != nil {
		return "", err
	}
	there, hidden := a.has(id)
	switch {
	case !there:
		return consul.Absent, nil
	case hidden || !a.isWell(id):
		return consul.Critical, nil
	}
	return consul.Passing, nil
}

// Checks implements consul.Agent.
func (a *Agent) Checks(ctx context.Context, ids ...string) ([]consul.Check, error) {
	if err := errors.Join(a.ask("checks"), ctx.Err()); err != nil {
		return nil, err
	}
	var checks []consul.Check
	for _, id := range ids {
		if there, _ := a.has(id); !there {
			continue
		}
		check := consul.Check{ID: "service:" + id, Service: id, Name: "health", Status: string(consul.Passing), Type: "tcp"}
		if !a.isWell(id) {
			check.Status, check.Output = string(consul.Critical), "connection \x1b[2Jrefused"
		}
		checks = append(checks, check)
	}
	return checks, nil
}

// Offered implements consul.Agent.
func (a *Agent) Offered(ctx context.Context, service string, sidecar bool) ([]consul.Offer, error) {
	if err := errors.Join(a.ask("offered", service), ctx.Err()); err != nil {
		return nil, err
	}
	var offered []consul.Offer
	for _, node := range a.Others[service] {
		offered = append(offered, consul.Offer{Node: node, ID: service})
	}
	for _, id := range a.idsOf(service, sidecar) {
		if _, hidden := a.has(id); !hidden && a.isWell(id) {
			offered = append(offered, consul.Offer{Node: a.Node, ID: id})
		}
	}
	return offered, nil
}

func (a *Agent) idsOf(service string, sidecar bool) []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var ids []string
	for id, one := range a.registered {
		if sidecar && one.Of == service || !sidecar && one.Service == service {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
