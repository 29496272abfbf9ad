// Package consul talks to the Consul agent of a node.
package consul

import (
	"context"
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

// Client is the Agent that really runs here.
type Client struct {
	*api.Client
	// patient is for requests that take an agent with many services long.
	patient *api.Client
}

const (
	answerTimeout = 10 * time.Second
	reloadTimeout = 2 * time.Minute
)

// Connect with the token of a mesh; "" is for work that concerns the whole node.
func Connect(h *host.Host, mesh string) (*Client, error) { return New(Address, TokenFor(h, mesh)) }

// ConnectAsNode uses the node's own token, or the one that systemd handed to this program's unit.
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

// New client of an agent. It ignores the environment (CONSUL_HTTP_ADDR and others).
func New(address, token string) (*Client, error) { return newClient(address, token, answerTimeout) }

func newClient(address, token string, timeout time.Duration) (*Client, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: 10 * time.Second, DialContext: Dial}
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

// Checks implements Agent. Consul filters them: a node may have hundreds of registrations, and this request is frequent.
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
