// Package agent sets up the Consul agent of a node, gives it its token, and removes it.
package agent

import (
	"context"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/fence"
	"gatehouse/node/host"
)

// Places of the agent.
const (
	unitName      = "consul.service"
	unitFile      = host.UnitDir + "/" + unitName
	configuration = host.ConsulDir + "/consul.hcl"
	// secretsFile holds the gossip key and the agent's tokens, which are in no other file of its configuration.
	secretsFile = host.ConsulDir + "/gatehouse-secrets.json"
	tlsDir      = host.ConsulDir + "/tls"
	dataDir     = "/opt/consul"
	userName    = "consul"
	lock        = "agent"
	journal     = "see: journalctl -u consul -n 50"
)

var (
	root        = host.Owner{}
	consulOwner = host.Owner{User: userName, Group: userName}
)

// Client has the requests of this package to the agent.
type Client interface {
	Answers(ctx context.Context) bool
	Leader(ctx context.Context) string
	// KnowsToken says whether Consul knows the token of this client.
	KnowsToken(ctx context.Context) bool
	Leave(ctx context.Context) error
}

// Certificate is a pair with the authority that signed it, as PEM.
type Certificate struct{ CA, Certificate, Key []byte }

// Tools are the parts of the node that tests replace, besides files and systemd.
type Tools struct {
	// Connect to the agent with a token; "" is none.
	Connect func(token string) (Client, error)
	// Validate a file of Consul's configuration.
	Validate func(ctx context.Context, file string) error
	// XDSCertificate makes an authority and a certificate that it signed. It may use the folder.
	XDSCertificate func(ctx context.Context, folder string) (Certificate, error)
	// Users of the node.
	Users Users
	// FreePorts on loopback that were closed for the sake of the agent, once it is gone.
	FreePorts func() error
	// Patience is how long to wait for a leader, and for Consul to know a token.
	Patience time.Duration
	// Poll is the pause between two requests.
	Poll time.Duration
}

// Users of a node.
type Users interface {
	Exists(name string) bool
	// Add a system user who cannot log in.
	Add(ctx context.Context, name, home string) error
	Remove(ctx context.Context, name string) error
}

// NewTools returns the tools of the node that this program runs on.
func NewTools(h *host.Host) Tools {
	return Tools{
		Connect: func(token string) (Client, error) {
			client, err := consul.New(consul.Address, token)
			if err != nil {
				return nil, err
			}
			return client, nil
		},
		Validate:       validate,
		XDSCertificate: xdsCertificate,
		Users:          users{},
		FreePorts:      func() error { return fence.New(h).Keep(true) },
		Patience:       time.Minute,
		Poll:           200 * time.Millisecond,
	}
}
