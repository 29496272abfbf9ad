// Package inspect reports the state of a node and changes nothing: its files, units, Consul's agent, Envoys, and which
// workload may call which.
package inspect

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/envoy"
	"gatehouse/node/fence"
	"gatehouse/node/host"
	"gatehouse/node/sockets"
	"gatehouse/node/systemd"
)

// Agent has the requests of this package to the node's Consul agent.
type Agent interface {
	// Registrations are all of the agent's.
	Registrations(ctx context.Context) ([]consul.Registration, error)
	// Entry is a config entry; nil where there is none.
	Entry(ctx context.Context, kind, name string) (consul.Entry, error)
	// Checks without ids are all of the agent's.
	Checks(ctx context.Context, ids ...string) ([]consul.Check, error)
	// Leader is the address of the servers' leader; "" when there is none.
	Leader(ctx context.Context) string
	// Leaf is the certificate of a service, for its token.
	Leaf(ctx context.Context, service, token string) (tls.Certificate, error)
}

// Node is the node to inspect.
type Node struct {
	Host  *host.Host
	Units systemd.Manager
	Agent Agent
	// Version of this program.
	Version string
	// Open are the sockets of a control group that other nodes can reach.
	Open func(group string) []sockets.Socket
	// Fences compares the rules of ports on loopback.
	Fences func() (open, closed []int, err error)
	// Pause between two tries of an edge.
	Pause time.Duration
	// Silence after which a connection counts as one that stays open.
	Silence time.Duration
}

// New is the node that this program runs on.
func New(h *host.Host, units systemd.Manager, agent Agent, version string) Node {
	return Node{
		Host: h, Units: units, Agent: agent, Version: version,
		Open: sockets.Open, Fences: fence.New(h).Compare, Pause: 500 * time.Millisecond, Silence: time.Second,
	}
}

// Run writes the report on a node as one line of JSON.
func Run(ctx context.Context, node Node, asked document.Inspection, out io.Writer) error {
	report, err := node.Look(ctx, asked)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(report)
}

// Look at the node. All its parts are inspected at the same time.
func (n Node) Look(ctx context.Context, asked document.Inspection) (document.Report, error) {
	report := document.Report{Version: n.Version}
	// A record that cannot be read belongs to no mesh: the doctor then reports that it is not the declared one.
	record, _ := n.Host.Record(asked.Mesh)
	report.Mesh = document.NodeRecord{Owner: record.Owner, Role: record.Role, TLS: record.TLS}
	others := n.others(asked.Mesh)
	report.Others = others.names
	report.Copies = append([]string{}, slices.Sorted(maps.Keys(n.Host.Copies()))...)
	var err error
	if report.Uptime, err = n.uptime(); err != nil {
		return report, err
	}
	sums := &hashes{}
	var parts sync.WaitGroup
	parts.Go(func() { report.Files = n.files(asked.Files, sums) })
	parts.Go(func() {
		report.Tree, report.Needed, report.Written = others.without(n.tree()), n.needed(), others.withoutWritten(n.written())
	})
	parts.Go(func() { report.Unpacked = n.unpacked() })
	parts.Go(func() { err = n.units(ctx, asked, sums, &report) })
	parts.Go(func() { report.Fences = n.fences() })
	parts.Go(func() { n.agent(ctx, &report) })
	parts.Go(func() {
		report.Envoys = inParallel(asked.Envoys, func(one document.EnvoyAdmin) document.EnvoyReport {
			return lookAtEnvoy(ctx, one.Name, envoy.At(one.AdminPort))
		})
	})
	parts.Go(func() { report.Edges = n.edges(ctx, asked) })
	parts.Wait()
	return report, err
}

func (n Node) fences() document.FenceReport {
	open, closed, err := n.Fences()
	report := document.FenceReport{Open: append([]int{}, open...), Closed: append([]int{}, closed...)}
	if err != nil {
		report.Fault = host.Clean(err.Error())
	}
	return report
}

func (n Node) uptime() (float64, error) {
	text, err := n.Host.Read("/proc/uptime")
	if err != nil {
		return 0, fmt.Errorf("the uptime of this node cannot be read: %w", err)
	}
	first, _, _ := strings.Cut(string(text), " ")
	seconds, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0, fmt.Errorf("the uptime of this node cannot be read: %w", err)
	}
	return seconds, nil
}

// width is how many things of one kind are inspected at the same time.
const width = 8

// inParallel does something with every item, and keeps their order.
func inParallel[Item, Result any](items []Item, do func(Item) Result) []Result {
	results := make([]Result, len(items))
	places := make(chan struct{}, width)
	var all sync.WaitGroup
	for i, item := range items {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			results[i] = do(item)
		})
	}
	all.Wait()
	return results
}
