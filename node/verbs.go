package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/envoy"
	"gatehouse/node/expand"
	"gatehouse/node/hold"
	"gatehouse/node/host"
	"gatehouse/node/inspect"
	"gatehouse/node/instance"
	"gatehouse/node/probe"
	"gatehouse/node/secrets"
	"gatehouse/node/sweep"
	"gatehouse/node/systemd"
)

// verb of the program: reads its document from standard input, and its words from the command line.
type verb func(ctx context.Context, h *host.Host, words []string) error

var verbs map[string]verb

func init() {
	verbs = map[string]verb{
		"version":           showVersion,
		"instance apply":    withNode(applyInstance),
		"instance rollback": withNode(func(ctx context.Context, n *instance.Node, doc document.Name) error { return n.Rollback(ctx, doc.Name) }),
		"instance remove":   withNode(func(ctx context.Context, n *instance.Node, doc document.Name) error { return n.Remove(ctx, doc.Name) }),
		"sweep":             withNode(sweepNode),
		"inspect": withNode(func(ctx context.Context, n *instance.Node, doc document.Inspection) error {
			return inspect.Run(ctx, inspect.New(n.Host, n.Systemd, n.Agent.(*consul.Client), version), doc, os.Stdout)
		}),
		"owner":     withDocument(func(_ context.Context, h *host.Host, doc document.Owner) error { return h.CheckOwner(doc) }),
		"uninstall": withDocument(func(_ context.Context, h *host.Host, doc document.Owner) error { return sweep.Uninstall(h, doc) }),
		"expand": withDocument(func(ctx context.Context, h *host.Host, doc document.Expand) error {
			return expand.Run(ctx, h, doc, connectAs)
		}),
		"expand remove": withDocument(func(ctx context.Context, h *host.Host, doc document.ExpandRemoval) error {
			return expand.Remove(ctx, h, doc, connectAs)
		}),
		"probe": withDocument(func(ctx context.Context, h *host.Host, doc document.Probe) error {
			return probe.Run(ctx, h, doc, connectAs)
		}),
	}
}

func known() []string {
	names := make([]string, 0, len(verbs))
	for name := range verbs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func showVersion(context.Context, *host.Host, []string) error {
	fmt.Println(version)
	return nil
}

// withDocument reads the document.
func withDocument[T any](do func(ctx context.Context, h *host.Host, doc T) error) verb {
	return func(ctx context.Context, h *host.Host, _ []string) error {
		doc, err := document.Read[T](os.Stdin)
		if err != nil {
			return err
		}
		return do(ctx, h, doc)
	}
}

// connectAs connects to the node's agent with a token; "" is none.
func connectAs(token string) (*consul.Client, error) { return consul.New(consul.Address, token) }

// withNode reads the document, and connects to systemd and to the node's Consul agent.
func withNode[T any](do func(ctx context.Context, n *instance.Node, doc T) error) verb {
	return func(ctx context.Context, h *host.Host, _ []string) error {
		doc, err := document.Read[T](os.Stdin)
		if err != nil {
			return err
		}
		node, closing, err := connect(ctx, h)
		if err != nil {
			return err
		}
		defer closing()
		return do(ctx, node, doc)
	}
}

func connect(ctx context.Context, h *host.Host) (*instance.Node, func(), error) {
	// What undoes a change still needs systemd when the run is to end.
	manager, err := systemd.Connect(context.WithoutCancel(ctx))
	if err != nil {
		return nil, nil, err
	}
	agent, err := consul.Connect(h, consul.NodeToken)
	if err != nil {
		manager.Close()
		return nil, nil, err
	}
	return &instance.Node{
		Host: h, Systemd: manager, Agent: agent, Envoy: envoy.At, Processes: instance.Kernel{}, Hold: hold.Kernel{},
		ValidateConsul: instance.ValidateConsul, Timing: instance.Usual(),
	}, manager.Close, nil
}

func applyInstance(ctx context.Context, n *instance.Node, doc document.Instance) error {
	var values map[string]string
	if len(doc.Secrets) > 0 {
		var err error
		if values, err = secrets.Take(n.Host, "env-"+doc.Name); err != nil {
			return err
		}
	}
	return n.Apply(ctx, doc, values)
}

func sweepNode(ctx context.Context, n *instance.Node, doc document.Sweep) error {
	return sweep.Run(ctx, n, n.Agent.(*consul.Client), doc)
}
