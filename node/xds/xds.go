// Package xds finds out how Envoy reaches the agent of this node where Gatehouse did not set the agent up: the gRPC port, and
// the authority that has signed the certificate which the agent shows there. It changes nothing.
package xds

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gatehouse/node/host"
)

// Ports that Consul's documentation names, for an agent that does not say which ones it has.
const (
	UsualTLSPort   = 8503
	UsualPlainPort = 8502
)

// Agent has the requests of this package to the node's agent.
type Agent interface {
	// Self is the agent's own page.
	Self(ctx context.Context) (map[string]map[string]any, error)
	// RootCertificates are those of the mesh's own authority, as PEM.
	RootCertificates(ctx context.Context) ([]string, error)
}

// Finder of the way.
type Finder struct {
	Host  *host.Host
	Agent Agent
	// TLSPort and PlainPort are tried where the agent does not say which ports it has.
	TLSPort, PlainPort int
}

// New finder for a node.
func New(h *host.Host, agent Agent) Finder { return Finder{h, agent, UsualTLSPort, UsualPlainPort} }

// Way by which Envoy reaches the agent.
type Way struct {
	// Port is 0 when the agent has none.
	Port int
	// TLS says whether the port speaks TLS.
	TLS bool
	// Authority is the certificates by which Envoy knows the agent, as PEM.
	Authority string
	// Source says where the authority was found.
	Source string
	// Shown is the certificate that the agent shows, in words.
	Shown string
}

// Reasons why Envoy cannot reach the agent, as the preflight reads them.
const (
	// Unsigned: no authority that this node knows has signed what the agent shows.
	Unsigned = "unsigned"
	// WantsCertificate: the agent demands a certificate of Envoy's.
	WantsCertificate = "wants-certificate"
	// NoTLS: the port does not speak TLS.
	NoTLS = "no-tls"
)

// Fault of the way to the agent.
type Fault struct {
	// Reason is one of the above.
	Reason string
	text   string
}

func (f *Fault) Error() string { return f.text }

func fault(reason, format string, values ...any) *Fault {
	return &Fault{reason, fmt.Sprintf(format, values...)}
}

// Flags of `consul connect envoy`; the authority is in the file.
func (w Way) Flags(file string) string {
	if w.TLS {
		return fmt.Sprintf(" -grpc-addr https://127.0.0.1:%d -grpc-ca-file %s", w.Port, file)
	}
	return fmt.Sprintf(" -grpc-addr 127.0.0.1:%d", w.Port)
}

// Find the way. With preferTLS a port without TLS is taken only when there is no other.
func (f Finder) Find(ctx context.Context, preferTLS bool) (Way, error) {
	self, err := f.Agent.Self(ctx)
	if err != nil {
		self = nil // without a token the agent may not answer
	}
	tlsPort, plainPort := f.ports(self)
	if tlsPort == 0 || plainPort != 0 && !preferTLS {
		return Way{Port: plainPort}, nil
	}
	return f.withTLS(ctx, tlsPort, self)
}

func (f Finder) withTLS(ctx context.Context, port int, self map[string]map[string]any) (Way, error) {
	way := Way{Port: port, TLS: true}
	chain, err := shown(ctx, port)
	if err != nil {
		return way, err
	}
	way.Shown = describe(chain[0])
	var looked []string
	for _, one := range f.candidates(ctx, self, chain) {
		if !one.signed(chain) {
			if !slices.Contains(looked, one.source) {
				looked = append(looked, one.source)
			}
			continue
		}
		way.Source, way.Authority = one.source, one.pem()
		return way, nil
	}
	if len(looked) == 0 {
		looked = []string{"nothing: there is none"}
	}
	return way, fault(Unsigned, "Consul's agent shows Envoy on 127.0.0.1:%d a certificate that is not valid by any authority which this node knows: "+
		"it is %s. Looked at: %s. Put the certificate of its authority into %s as a .pem file that is readable for root, or correct the agent's tls.grpc, and deploy again",
		port, way.Shown, strings.Join(looked, ", "), host.ConsulDir)
}

// ports of the agent, with TLS and without; 0 where there is none.
func (f Finder) ports(self map[string]map[string]any) (withTLS, without int) {
	if ports, known := self["xDS"]["Ports"].(map[string]any); known {
		return number(ports["TLS"]), number(ports["Plaintext"])
	}
	return listens(f.TLSPort), listens(f.PlainPort)
}

func number(value any) int {
	number, _ := value.(float64)
	return max(0, int(number))
}
