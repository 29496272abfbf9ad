package fake

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// Maintenance implements consul.Agent.
func (a *Agent) Maintenance(ctx context.Context, id string, on bool, _ string) error {
	word := map[bool]string{true: "on", false: "off"}[on]
	if err := errors.Join(a.ask("maintenance", id, word), ctx.Err()); err != nil {
		return err
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.maintenance == nil {
		a.maintenance = map[string]bool{}
	}
	if on {
		a.maintenance[id] = true
	} else {
		delete(a.maintenance, id)
	}
	return nil
}

// NodeMaintenance implements consul.Agent.
func (a *Agent) NodeMaintenance(ctx context.Context, on bool) error {
	if err := errors.Join(a.ask("node-maintenance"), ctx.Err()); err != nil {
		return err
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.node = on
	return nil
}

// InMaintenance are the ids of what is in maintenance mode; "node" is the node itself.
func (a *Agent) InMaintenance() []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	ids := slices.Sorted(maps.Keys(a.maintenance))
	if a.node {
		ids = append(ids, "node")
	}
	return ids
}
