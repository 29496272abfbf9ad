package instance

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/consul/api"

	"gatehouse/node/consul"
	"gatehouse/node/document"
)

// preRegister has Consul's servers know a new sidecar as critical before the agent registers it. The agent sometimes does so without the
// checks, and callers' Envoys then send requests to a sidecar that does not listen yet (docs/decisions/0009-rollouts.md).
func (a *apply) preRegister(ctx context.Context) {
	if a.release.Kind != document.Service || !isCalled(a.release) {
		return
	}
	sidecar := consul.Registration{
		ID: sidecarID(a.release.Name), Service: sidecarID(a.release.Workload()), Port: a.release.SidecarPort,
		Of: a.release.Workload(), OfID: a.release.Name, Mesh: a.release.Mesh,
	}
	if err := a.Agent.PreRegister(ctx, sidecar, a.token(a.release.Name)); err != nil && ctx.Err() == nil {
		a.Host.Say("calls may be sent to %s before it takes them, since Consul does not know it as critical: %v", a.release.Name, err)
	}
}

// registeredOtherwise says whether Consul's agent has the instance in another way than its definition may say: its own token can
// register it so. The answer may be yes too often, as a reload does no harm, and is yes where the agent does not answer.
func (a *apply) registeredOtherwise(ctx context.Context) bool {
	if a.old == nil || a.old.Release != a.release.Release {
		return false // the definition decides
	}
	registered, err := a.Agent.Registrations(ctx)
	if err != nil {
		return true
	}
	own := IDs(a.release.Kind, a.release.Name)
	return slices.ContainsFunc(registered, func(one consul.Registration) bool {
		return slices.Contains(own, one.ID) && isOtherwise(a.release, one)
	})
}

func isOtherwise(release document.Instance, one consul.Registration) bool {
	rest := one.Rest
	if rest.Address != "" || rest.SocketPath != "" || rest.EnableTagOverride || len(rest.Tags)+len(rest.TaggedAddresses) > 0 || len(rest.Meta) > 1 || one.Mesh != "" && one.Mesh != release.Mesh {
		return true
	}
	if release.Kind != document.Service {
		return false
	}
	if one.ID == release.Name {
		return one.Port != release.Port
	}
	return one.Port != release.SidecarPort || rest.Proxy != nil && isOtherProxy(release, *rest.Proxy)
}

func isOtherProxy(release document.Instance, proxy api.AgentServiceConnectProxyConfig) bool {
	if proxy.LocalServiceAddress != "127.0.0.1" || proxy.LocalServicePort != release.Port || proxy.LocalServiceSocketPath != "" ||
		len(proxy.Expose.Paths) > 0 || len(proxy.Upstreams) != len(release.Upstreams) || writesEnvoy(proxy.Config) {
		return true
	}
	return slices.ContainsFunc(proxy.Upstreams, func(one api.Upstream) bool {
		declared := slices.Contains(release.Upstreams, document.Upstream{Name: one.DestinationName, LocalPort: one.LocalBindPort})
		return !declared || one.LocalBindAddress != "" || one.LocalBindSocketPath != "" || one.Datacenter != "" || one.DestinationPeer != "" || writesEnvoy(one.Config)
	})
}

// writesEnvoy says whether a part of Envoy's configuration is in there as it is.
func writesEnvoy(config map[string]any) bool {
	for key := range config {
		if strings.HasPrefix(key, "envoy_") {
			return true
		}
	}
	return false
}
