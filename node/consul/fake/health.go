package fake

import (
	"context"
	"errors"

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
func (a *Agent) Offered(ctx context.Context, service string, sidecar bool) (map[string]bool, error) {
	if err := errors.Join(a.ask("offered", service), ctx.Err()); err != nil {
		return nil, err
	}
	offered := map[string]bool{}
	for _, node := range a.Others[service] {
		offered[node] = true
	}
	id := service
	if sidecar {
		id += "-sidecar-proxy"
	}
	if there, hidden := a.has(id); there && !hidden && a.isWell(id) {
		offered[a.Node] = true
	}
	return offered, nil
}
