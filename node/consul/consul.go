// Package consul is the Consul agent of a node.
package consul

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"

	"gatehouse/node/host"
)

// Address of the agent's HTTP API, on the node itself.
const Address = "127.0.0.1:8500"

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
	// Mesh whose registration it is, by its Meta; "" where a person or an earlier version made it.
	Mesh string
}

// Upstream of a sidecar, as it is registered.
type Upstream struct {
	Name      string
	LocalPort int
}

// Agent is what the program asks of a node's Consul agent. A token that is "" is the node's own.
type Agent interface {
	// Answers says whether the agent is there.
	Answers(ctx context.Context) bool
	// Leader is the address of the servers' leader; "" when there is none.
	Leader(ctx context.Context) string
	// Reload has the agent read its files again.
	Reload(ctx context.Context) error
	// Status of a registration by its id.
	Status(ctx context.Context, id string) (Status, error)
	// Checks of these registrations, without maintenance mode and what only repeats it (an alias).
	Checks(ctx context.Context, ids ...string) ([]Check, error)
	// Maintenance mode of a registration, set with the token of that instance.
	Maintenance(ctx context.Context, id string, on bool, token string) error
	// NodeMaintenance is maintenance mode of everything on this node.
	NodeMaintenance(ctx context.Context, on bool) error
	// Offered says for each node whether Consul's servers offer a healthy instance of the service there to callers. With
	// sidecar the instance's sidecar is what counts.
	Offered(ctx context.Context, service string, sidecar bool) (map[string]bool, error)
	// Registrations are all that the agent has.
	Registrations(ctx context.Context) ([]Registration, error)
	// Deregister takes a registration away, with the token that it was made with; "" is the node's own.
	Deregister(ctx context.Context, id, token string) error
}

// maintenanceReason is what Consul shows.
const maintenanceReason = "gatehouse"

// Client is the real agent.
type Client struct {
	*api.Client
	// patient is for what takes an agent with many services long.
	patient *api.Client
}

const (
	answerTimeout = 10 * time.Second
	reloadTimeout = 2 * time.Minute
)

// Connect for a mesh; "" is for what concerns the whole node.
func Connect(h *host.Host, mesh string) (*Client, error) { return New(Address, TokenFor(h, mesh)) }

// ConnectAsNode uses the node's own token, or what systemd handed to the unit that this program runs in.
func ConnectAsNode(h *host.Host) (*Client, error) {
	if folder := os.Getenv("CREDENTIALS_DIRECTORY"); folder != "" {
		token, err := os.ReadFile(folder + "/token")
		if err != nil {
			return nil, err
		}
		return New(Address, strings.TrimSpace(string(token)))
	}
	return Connect(h, "")
}

// New client of an agent. Nothing in the environment (CONSUL_HTTP_ADDR and others) is taken.
func New(address, token string) (*Client, error) { return newClient(address, token, answerTimeout) }

func newClient(address, token string, timeout time.Duration) (*Client, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: 10 * time.Second}
	var clients [2]*api.Client
	for i, timeout := range []time.Duration{timeout, reloadTimeout} {
		client, err := api.NewClient(&api.Config{
			Address: address, Scheme: "http", Token: token,
			HttpClient: &http.Client{Timeout: timeout, Transport: transport},
		})
		if err != nil {
			return nil, err
		}
		clients[i] = client
	}
	return &Client{clients[0], clients[1]}, nil
}

func query(ctx context.Context, token string) *api.QueryOptions {
	return (&api.QueryOptions{Token: token}).WithContext(ctx)
}

// Answers implements Agent.
func (c *Client) Answers(ctx context.Context) bool {
	_, err := c.Self(ctx)
	return err == nil
}

// Self is the agent's own page.
func (c *Client) Self(ctx context.Context) (map[string]map[string]any, error) {
	var self map[string]map[string]any
	_, err := c.Raw().Query("/v1/agent/self", &self, query(ctx, ""))
	return self, err
}

// Leader implements Agent.
func (c *Client) Leader(ctx context.Context) string {
	leader, _ := c.Client.Status().LeaderWithQueryOptions(query(ctx, ""))
	return leader
}

// Reload implements Agent.
func (c *Client) Reload(ctx context.Context) error {
	_, err := c.patient.Raw().Write("/v1/agent/reload", nil, nil, (&api.WriteOptions{}).WithContext(ctx))
	return err
}

// Status implements Agent.
func (c *Client) Status(ctx context.Context, id string) (Status, error) {
	status, info, err := c.Client.Agent().AgentHealthServiceByIDOpts(id, query(ctx, ""))
	if err != nil {
		return "", err
	}
	if info == nil {
		return Absent, nil
	}
	return Status(status), nil
}

// Checks implements Agent. Consul finds those of the registrations: a node may have hundreds, and this is asked often.
func (c *Client) Checks(ctx context.Context, ids ...string) ([]Check, error) {
	filter := ""
	if len(ids) > 0 {
		terms := make([]string, len(ids))
		for i, id := range ids {
			terms[i] = "ServiceID == " + strconv.Quote(id)
		}
		filter = "(" + strings.Join(terms, " or ") + ") and Type != maintenance and Type != alias"
	}
	all, err := c.Client.Agent().ChecksWithFilterOpts(filter, query(ctx, ""))
	if err != nil {
		return nil, err
	}
	checks := make([]Check, 0, len(all))
	for _, check := range all {
		checks = append(checks, Check{check.CheckID, check.ServiceID, check.Name, check.Status, check.Type, check.Output})
	}
	return checks, nil
}

// IsRefused says whether Consul does not know the token, or does not allow what was asked with it.
func IsRefused(err error) bool {
	var status api.StatusError
	return errors.As(err, &status) && status.Code == http.StatusForbidden
}

// ErrNoLeader is told when Consul's servers have had no leader for as long as was waited.
var ErrNoLeader = errors.New("Consul has had no leader for a minute; see: journalctl -u consul -n 50")

// WaitForLeader waits a minute at most. Without a leader no caller hears that an instance goes, or that it is back.
func WaitForLeader(ctx context.Context, agent Agent) error {
	if host.Wait(ctx, time.Minute, 200*time.Millisecond, func() bool { return agent.Leader(ctx) != "" }) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return ErrNoLeader
}

// ReloadWhenThere waits for an agent that is just being restarted.
func ReloadWhenThere(ctx context.Context, agent Agent) error {
	if !host.Wait(ctx, time.Minute, 200*time.Millisecond, func() bool { return agent.Answers(ctx) }) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("Consul's agent does not answer at %s; see: journalctl -u consul -n 50", Address)
	}
	if err := agent.Reload(ctx); err != nil {
		return fmt.Errorf("Consul's agent did not reload: %w; see: journalctl -u consul -n 50", err)
	}
	return nil
}
