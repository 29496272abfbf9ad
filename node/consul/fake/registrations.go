package fake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"gatehouse/node/consul"
)

// Registered with this id.
func (a *Agent) Registered(id string) (consul.Registration, bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	one, there := a.registered[id]
	return one.Registration, there
}

// Register through the API, with a token.
func (a *Agent) Register(one consul.Registration, token string) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.put(registration{Registration: one, token: token})
}

func (a *Agent) put(one registration) {
	if a.registered == nil {
		a.registered = map[string]registration{}
	}
	a.registered[one.ID] = one
}

// IntroducedPassing says whether the first definition of a registration that the agent read gave it the result passing.
func (a *Agent) IntroducedPassing(id string) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.registered[id].passing
}

// PreRegister implements consul.Agent. The servers are not a part of the agent.
func (a *Agent) PreRegister(ctx context.Context, sidecar consul.Registration, _ string) error {
	return errors.Join(a.ask("pre-register", sidecar.ID), ctx.Err())
}

// Deregister removes a registration.
func (a *Agent) Deregister(ctx context.Context, id, token string) error {
	if err := errors.Join(a.ask("deregister", id), ctx.Err()); err != nil {
		return err
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	one, there := a.registered[id]
	if !there {
		return fmt.Errorf("unknown service %q", id)
	}
	if one.token != token {
		return errRefused
	}
	if one.kept != "" {
		_ = os.Remove(one.kept)
	}
	delete(a.registered, id)
	return nil
}

// Registrations implements consul.Agent.
func (a *Agent) Registrations(ctx context.Context) ([]consul.Registration, error) {
	if err := errors.Join(a.ask("registrations"), ctx.Err()); err != nil {
		return nil, err
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var all []consul.Registration
	for _, id := range slices.Sorted(maps.Keys(a.registered)) {
		all = append(all, a.registered[id].Registration)
	}
	return all, nil
}
