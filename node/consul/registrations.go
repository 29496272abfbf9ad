package consul

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/hashicorp/consul/api"

	"gatehouse/node/mark"
)

// Offered implements Agent.
func (c *Client) Offered(ctx context.Context, service string, sidecar bool) ([]Offer, error) {
	ask := c.Client.Health().Service
	if sidecar {
		ask = c.Client.Health().Connect
	}
	entries, _, err := ask(service, "", false, query(ctx, ""))
	if err != nil {
		return nil, err
	}
	var offered []Offer
	for _, entry := range entries {
		if entry.Checks.AggregatedStatus() != api.HealthCritical && entry.Checks.AggregatedStatus() != api.HealthMaint {
			offered = append(offered, Offer{entry.Node.Node, entry.Service.ID})
		}
	}
	return offered, nil
}

// Registrations implements Agent.
func (c *Client) Registrations(ctx context.Context) ([]Registration, error) {
	all, err := c.Client.Agent().ServicesWithFilterOpts("", query(ctx, ""))
	if err != nil {
		return nil, err
	}
	registrations := make([]Registration, 0, len(all))
	for _, service := range all {
		one := Registration{ID: service.ID, Service: service.Service, Kind: string(service.Kind),
			Address: service.Address, Port: service.Port, Mesh: service.Meta[mark.Meta], Rest: restOf(service)}
		if service.Proxy != nil {
			one.Of, one.OfID = service.Proxy.DestinationServiceName, service.Proxy.DestinationServiceID
			for _, upstream := range service.Proxy.Upstreams {
				one.Upstreams = append(one.Upstreams, Upstream{upstream.DestinationName, upstream.LocalBindPort})
			}
		}
		registrations = append(registrations, one)
	}
	return registrations, nil
}

func restOf(service *api.AgentService) Rest {
	tagged := maps.Clone(service.TaggedAddresses)
	// Consul's own, for transparent proxies.
	maps.DeleteFunc(tagged, func(name string, _ api.ServiceAddress) bool { return strings.HasPrefix(name, "consul-virtual") })
	return Rest{
		Address: service.Address, TaggedAddresses: tagged, SocketPath: service.SocketPath,
		Tags: service.Tags, EnableTagOverride: service.EnableTagOverride, Meta: service.Meta, Proxy: service.Proxy,
	}
}

// PreRegister implements Agent. The checks have the ids that the agent gives to those of a definition.
func (c *Client) PreRegister(ctx context.Context, sidecar Registration, token string) error {
	node, err := c.NodeName(ctx)
	if err != nil {
		return err
	}
	service := &api.AgentService{
		Kind: api.ServiceKindConnectProxy, ID: sidecar.ID, Service: sidecar.Service, Port: sidecar.Port,
		Meta:  map[string]string{mark.Meta: sidecar.Mesh},
		Proxy: &api.AgentServiceConnectProxyConfig{DestinationServiceName: sidecar.Of, DestinationServiceID: sidecar.OfID},
	}
	var checks api.HealthChecks
	for i, name := range []string{"sidecar listener", "service"} {
		id := fmt.Sprintf("service:%s:%d", sidecar.ID, i+1)
		checks = append(checks, &api.HealthCheck{
			Node: node, CheckID: id, Name: name, Status: api.HealthCritical, ServiceID: sidecar.ID, ServiceName: sidecar.Service,
		})
	}
	_, err = c.Client.Catalog().Register(
		&api.CatalogRegistration{Node: node, SkipNodeUpdate: true, Service: service, Checks: checks},
		(&api.WriteOptions{Token: token}).WithContext(ctx),
	)
	return err
}

// Deregister implements Agent.
func (c *Client) Deregister(ctx context.Context, id, token string) error {
	return c.Client.Agent().ServiceDeregisterOpts(id, query(ctx, token))
}
