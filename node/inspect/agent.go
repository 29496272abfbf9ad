package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/envoy"
)

// patience with one answer of the agent or of an Envoy.
const patience = 5 * time.Second

// agent fills in the parts from Consul's agent; those that it did not answer stay absent.
func (n Node) agent(ctx context.Context, report *document.Report) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if services, err := n.Agent.Registrations(ctx); err == nil {
		central := n.central(ctx)
		report.Services = make([]document.AgentService, 0, len(services))
		for _, one := range services {
			service := document.AgentService{
				ID: one.ID, Service: one.Service, Kind: one.Kind, Port: one.Port, Of: one.Of, Mesh: one.Mesh,
				Upstreams: make([]document.AgentUpstream, 0, len(one.Upstreams)), Rest: withoutCentral(asMap(one.Rest), central),
			}
			for _, upstream := range one.Upstreams {
				service.Upstreams = append(service.Upstreams, document.AgentUpstream{DestinationName: upstream.Name, LocalBindPort: upstream.LocalPort})
			}
			report.Services = append(report.Services, service)
		}
	}
	if checks, err := n.Agent.Checks(ctx); err == nil {
		report.Checks = make([]document.AgentCheck, 0, len(checks))
		for _, one := range checks {
			report.Checks = append(report.Checks, document.AgentCheck{ServiceID: one.Service, Name: one.Name, Status: one.Status, Output: one.Output})
		}
	}
	// This is last, since without a leader the agent may need all the time that is left for its answer.
	report.Leader = n.Agent.Leader(ctx)
}

// proxyDefaults are a part of every registered sidecar: Consul's agent adds them.
type proxyDefaults struct {
	config map[string]any
	expose any
}

func (n Node) central(ctx context.Context) proxyDefaults {
	entry, err := n.Agent.Entry(ctx, "proxy-defaults", "global")
	if err != nil || entry == nil {
		return proxyDefaults{}
	}
	config, _ := entry["Config"].(map[string]any)
	return proxyDefaults{config, entry["Expose"]}
}

// withoutCentral takes out of a registration what is there by proxy-defaults.
func withoutCentral(rest map[string]any, central proxyDefaults) map[string]any {
	proxy, _ := rest["Proxy"].(map[string]any)
	config, _ := proxy["Config"].(map[string]any)
	maps.DeleteFunc(config, func(key string, value any) bool {
		there, is := central.config[key]
		return is && isSame(value, there)
	})
	if isSame(proxy["Expose"], central.expose) {
		delete(proxy, "Expose")
	}
	return rest
}

func isSame(one, other any) bool {
	a, errA := json.Marshal(one)
	b, errB := json.Marshal(other)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// asMap with the names of Consul's API.
func asMap(rest consul.Rest) map[string]any {
	text, err := json.Marshal(rest)
	fields := map[string]any{}
	if err == nil {
		_ = json.Unmarshal(text, &fields) // its own text
	}
	return fields
}

// lookAtEnvoy asks its admin page. Parts that it does not answer stay empty.
func lookAtEnvoy(ctx context.Context, name string, admin envoy.Admin) document.EnvoyReport {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	report := document.EnvoyReport{
		Name: name, Ready: admin.Ready(ctx),
		Listeners: []document.EnvoyListener{}, Clusters: []document.EnvoyCluster{}, Certificates: []document.EnvoyCertificate{},
	}
	if report.Ready == "" {
		return report
	}
	listeners, _ := admin.Listeners(ctx)
	for _, one := range listeners {
		report.Listeners = append(report.Listeners, document.EnvoyListener{Name: one.Name, Port: one.Port})
	}
	clusters, _ := admin.Clusters(ctx)
	for _, one := range clusters {
		report.Clusters = append(report.Clusters, document.EnvoyCluster(one))
	}
	certificates, _ := admin.Certificates(ctx)
	for _, one := range certificates {
		report.Certificates = append(report.Certificates, document.EnvoyCertificate(one))
	}
	return report
}
