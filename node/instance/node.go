// Package instance puts releases of a service or gateway into service on this node, and takes them away. An instance is
// one workload on one node: its definition in Consul's agent, its units, its environment and its binary.
package instance

import (
	"context"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/envoy"
	"gatehouse/node/hold"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
)

// Node has the parts of a node that instances need.
type Node struct {
	Host    *host.Host
	Systemd systemd.Manager
	Agent   consul.Agent
	// Envoy is the admin page on a port.
	Envoy func(port int) envoy.Admin
	// Processes says which process listens where.
	Processes Processes
	// Hold holds back new connections to a port that is closed for a moment.
	Hold hold.Holder
	// Fences close ports on loopback.
	Fences Fences
	// ValidateConsul checks a folder of Consul's configuration; its error has Consul's message.
	ValidateConsul func(ctx context.Context, folder string) error
	Timing         Timing
}

// Fences of the node.
type Fences interface {
	// Keep makes them those of the instances that are here; free also opens the ports that no instance has any more.
	Keep(free bool) error
}

// Processes of the node.
type Processes interface {
	// Executable is the path of what a process runs; "" when it is unknown.
	Executable(pid int) string
	// ExecutableSHA256 of what a process runs, which may not be the file of that path any more. It reads all of it.
	ExecutableSHA256(pid int) string
	// Listens says whether anything accepts connections on 127.0.0.1:port.
	Listens(port int) bool
	// Serves says whether processes of the control group accept connections on 127.0.0.1:port, and nothing else does.
	Serves(controlGroup string, port int) bool
	// Holder of 127.0.0.1:port, to name it in a message; "" when it is unknown.
	Holder(port int) string
	// Holders are the processes that listen on a port of an address of this node; "" is any address.
	Holders(address string, port int) []Holding
	// Open are sockets of the control group that other nodes can reach, as address:port.
	Open(controlGroup string) []string
}

// Holding is a process that listens on a port, and its unit: a service or a scope, "" for none.
type Holding struct {
	PID           int
	Program, Unit string
}

// Timing of waits. Tests make them short.
type Timing struct {
	// Poll is the pause between two looks.
	Poll time.Duration
	// Leader is how long Consul's servers may be without a leader.
	Leader time.Duration
	// Health is how long a release may take to become healthy.
	Health time.Duration
	// Served is how long a gateway may take to listen again on the ports of its routes.
	Served time.Duration
	// Others is how long to wait for another instance before this one is drained.
	Others time.Duration
	// Heard is how long callers' Envoys need to learn a change.
	Heard time.Duration
	// Quiet is how long no request may arrive, for an instance to count as drained.
	Quiet time.Duration
	// Drain is how long running requests have to end.
	Drain time.Duration
	// Offered is how long Consul's servers may take to offer a healthy instance to callers again.
	Offered time.Duration
	// Moved is how long Envoy may take to leave upstreams that are no longer declared; it drains for 5 s.
	Moved time.Duration
	// Upstreams is how long Envoy may take to open the ports of new upstreams.
	Upstreams time.Duration
}

// Usual timing.
func Usual() Timing {
	return Timing{
		Poll: 200 * time.Millisecond, Leader: time.Minute, Health: time.Minute, Served: 15 * time.Second, Others: 15 * time.Second,
		Heard: time.Second, Quiet: 500 * time.Millisecond, Drain: 10 * time.Second, Offered: time.Minute,
		Moved: 20 * time.Second, Upstreams: 5 * time.Second,
	}
}

func (n *Node) wait(ctx context.Context, timeout time.Duration, done func() bool) bool {
	return host.Wait(ctx, timeout, n.Timing.Poll, done)
}
