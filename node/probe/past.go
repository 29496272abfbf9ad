package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/host"
)

const ingressGateway = "ingress-gateway"

// past of a gateway's routes: its config entry as it was when every route answered.
type past struct {
	host    *host.Host
	consul  *consul.Client
	gateway string
}

func (p past) file() string { return filepath.Join(host.Instances, p.gateway, "routes.json") }

// record the routes, which answer. A deploy does not fail without a record: it only prints why there is none.
func (p past) record(ctx context.Context) {
	if err := p.write(ctx); err != nil {
		p.host.Say("the routes of %s answer, but could not be recorded for a later deploy to go back to: %s", p.gateway, consul.Reason(err))
	}
}

func (p past) write(ctx context.Context) error {
	entry, err := p.consul.Entry(ctx, ingressGateway, p.gateway)
	if err != nil {
		return err
	}
	if entry == nil {
		return fmt.Errorf("Consul has no entry %s/%s", ingressGateway, p.gateway)
	}
	text, err := json.MarshalIndent(entry, "", "  ")
	if err != nil {
		return err
	}
	return p.host.Write(p.file(), append(text, '\n'), 0o644, host.Owner{})
}

// recorded is nil when there is no record.
func (p past) recorded() (consul.Entry, error) {
	text, err := p.host.Read(p.file())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var entry consul.Entry
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&entry); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", p.file(), err)
	}
	if entry.Kind() != ingressGateway || entry.Name() != p.gateway {
		return nil, fmt.Errorf("%s is of %s/%s", p.file(), entry.Kind(), entry.Name())
	}
	return entry, nil
}

// bringBack the routes that answered before, and print the outcome.
func (p past) bringBack(ctx context.Context) {
	before, err := p.recorded()
	if err != nil {
		p.host.Say("the routes of %s stay as they are, since the earlier ones are not known: %s", p.gateway, err)
		return
	}
	if before == nil {
		p.host.Say("there are no earlier routes of %s to go back to", p.gateway)
		return
	}
	now, err := p.consul.Entry(ctx, ingressGateway, p.gateway)
	if err != nil {
		p.host.Say("the routes of %s stay as they are: %s", p.gateway, consul.Reason(err))
		return
	}
	if same(before, now) {
		p.host.Say("the routes of %s are those that answered before: there is nothing to go back to", p.gateway)
		return
	}
	// A record of an earlier version has no mark.
	if meta, there := now["Meta"]; there {
		before["Meta"] = meta
	}
	if err := p.consul.PutEntry(ctx, before); err != nil {
		p.host.Say("the routes of %s stay as they are: Consul refuses those that answered before: %s", p.gateway, consul.Reason(err))
		return
	}
	p.host.Say("the routes of %s are back to those that answered before: %s", p.gateway, summary(before))
}

func same(one, other consul.Entry) bool {
	a, errA := json.Marshal(one)
	b, errB := json.Marshal(other)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// summary of a gateway's routes, for a person.
func summary(entry consul.Entry) string {
	var routes struct {
		Listeners []struct {
			Port     int
			Protocol string
			Services []struct {
				Name  string
				Hosts []string
			}
		}
	}
	text, _ := json.Marshal(entry)
	if json.Unmarshal(text, &routes) != nil || len(routes.Listeners) == 0 {
		return "none"
	}
	var lines []string
	for _, listener := range routes.Listeners {
		var services []string
		for _, service := range listener.Services {
			name := service.Name
			if len(service.Hosts) > 0 {
				name += " (" + strings.Join(service.Hosts, " ") + ")"
			}
			services = append(services, name)
		}
		lines = append(lines, fmt.Sprintf("%s :%d -> %s", listener.Protocol, listener.Port, strings.Join(services, ", ")))
	}
	return strings.Join(lines, "; ")
}
