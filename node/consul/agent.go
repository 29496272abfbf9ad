package consul

import (
	"context"

	"github.com/hashicorp/consul/api"
)

// Status of a registration, as the agent sees it.
type Status string

// Statuses of a registration.
const (
	Passing  Status = api.HealthPassing
	Warning  Status = api.HealthWarning
	Critical Status = api.HealthCritical
	// Absent is a registration that the agent does not have.
	Absent Status = "absent"
)

// Check of the agent.
type Check struct{ ID, Service, Name, Status, Type, Output string }

// Registration in the agent.
type Registration struct {
	ID, Service, Kind string
	// Address is "" where it is the node's.
	Address string
	Port    int
	// Of is the service that a sidecar is for, and OfID the id of that one's registration.
	Of, OfID  string
	Upstreams []Upstream
	// Mesh that the registration belongs to, by its Meta; "" where a person or an earlier version made it.
	Mesh string
	// Rest is everything else that it says of where and how the service is reached.
	Rest Rest
}

// Rest of a registration, with the names of Consul's API.
type Rest struct {
	Address           string                              `json:",omitempty"`
	TaggedAddresses   map[string]api.ServiceAddress       `json:",omitempty"`
	SocketPath        string                              `json:",omitempty"`
	Tags              []string                            `json:",omitempty"`
	EnableTagOverride bool                                `json:",omitempty"`
	Meta              map[string]string                   `json:",omitempty"`
	Proxy             *api.AgentServiceConnectProxyConfig `json:",omitempty"`
}

// Upstream of a sidecar, as it is registered.
type Upstream struct {
	Name      string
	LocalPort int
}

// Offer is a registration that callers are sent to.
type Offer struct{ Node, ID string }

// Agent has the program's requests to a node's Consul agent. With "" as token, they use the node's own.
type Agent interface {
	// Answers says whether the agent answers.
	Answers(ctx context.Context) bool
	// Leader is the address of the servers' leader; "" when there is none.
	Leader(ctx context.Context) string
	// Reload has the agent read its files again.
	Reload(ctx context.Context) error
	// Status of a registration by its id.
	Status(ctx context.Context, id string) (Status, error)
	// Checks of these registrations, without maintenance mode and the alias checks that repeat it.
	Checks(ctx context.Context, ids ...string) ([]Check, error)
	// Maintenance switches the maintenance mode of a registration, with the token of its instance.
	Maintenance(ctx context.Context, id string, on bool, token string) error
	// NodeMaintenance switches the maintenance mode of everything on this node.
	NodeMaintenance(ctx context.Context, on bool) error
	// Offered are the healthy instances of the service that Consul's servers offer to callers. With sidecar, these are the
	// instances' sidecars.
	Offered(ctx context.Context, service string, sidecar bool) ([]Offer, error)
	// Registrations are all of the agent's.
	Registrations(ctx context.Context) ([]Registration, error)
	// PreRegister registers a service's sidecar at Consul's servers, as critical, which its agent does not know yet. It is done with
	// the token of the instance.
	PreRegister(ctx context.Context, sidecar Registration, token string) error
	// Deregister removes a registration, with the token that made it; "" is the node's own.
	Deregister(ctx context.Context, id, token string) error
}
