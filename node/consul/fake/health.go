package fake

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

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

var (
	begins      = regexp.MustCompile(`(?m)^services? \{$`)
	sidecarPort = regexp.MustCompile(`sidecar_service \{\s*port\s*= (\d+)`)
	upstream    = regexp.MustCompile(`destination_name = "([^"]*)"\s*local_bind_port\s*= (\d+)`)
)

// parse what a file defines, as far as tests need it: `service` blocks with their attributes at the first level.
func parse(file, text string) []registration {
	var found []registration
	at := begins.FindAllStringIndex(text, -1)
	for i, from := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		block := text[from[0]:end]
		one := registration{file: file, text: block, passing: strings.Contains(block, `status = "passing"`)}
		one.Port, _ = strconv.Atoi(number(block, "port"))
		one.Service, one.Kind = attribute(block, "name"), attribute(block, "kind")
		if one.ID = attribute(block, "id"); one.ID == "" {
			one.ID = one.Service
		}
		found = append(found, one)
		if strings.Contains(block, "sidecar_service") {
			found = append(found, sidecarOf(one))
		}
	}
	return found
}

func sidecarOf(service registration) registration {
	sidecar := service
	sidecar.ID, sidecar.Service = service.ID+"-sidecar-proxy", service.Service+"-sidecar-proxy"
	sidecar.Kind, sidecar.Of, sidecar.OfID = "connect-proxy", service.Service, service.ID
	sidecar.Port = 0
	if port := sidecarPort.FindStringSubmatch(service.text); port != nil {
		sidecar.Port, _ = strconv.Atoi(port[1])
	}
	for _, match := range upstream.FindAllStringSubmatch(service.text, -1) {
		port, _ := strconv.Atoi(match[2])
		sidecar.Upstreams = append(sidecar.Upstreams, consul.Upstream{Name: match[1], LocalPort: port})
	}
	return sidecar
}

func number(block, name string) string {
	match := regexp.MustCompile(`(?m)^  ` + name + `\s*= (\d+)$`).FindStringSubmatch(block)
	if match == nil {
		return ""
	}
	return match[1]
}

func attribute(block, name string) string {
	match := regexp.MustCompile(`(?m)^  ` + name + `\s*= "([^"]*)"$`).FindStringSubmatch(block)
	if match == nil {
		return ""
	}
	return match[1]
}
