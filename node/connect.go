package main

import (
	"context"
	"os"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/envoy"
	"gatehouse/node/fence"
	"gatehouse/node/hold"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/systemd"
)

// withDocument makes a verb from a function that takes a document.
func withDocument[T any](do func(ctx context.Context, h *host.Host, doc T) error) verb {
	return func(ctx context.Context, h *host.Host, _ []string) error {
		doc, err := document.Read[T](os.Stdin)
		if err != nil {
			return err
		}
		return do(ctx, h, doc)
	}
}

// connectAs connects to the node's agent with a token; "" for none.
func connectAs(token string) (*consul.Client, error) { return consul.New(consul.Address, token) }

// withNode makes a verb from a function that takes a document, systemd and the node's Consul agent.
func withNode[T any](do func(ctx context.Context, n *instance.Node, doc T) error) verb {
	return func(ctx context.Context, h *host.Host, _ []string) error {
		doc, err := document.Read[T](os.Stdin)
		if err != nil {
			return err
		}
		node, closing, err := connect(ctx, h, meshOf(doc))
		if err != nil {
			return err
		}
		defer closing()
		return do(ctx, node, doc)
	}
}

// meshOf returns the mesh that a document names; "" when it names none.
func meshOf(doc any) string {
	if owned, is := doc.(interface{ OwnerMesh() string }); is {
		return owned.OwnerMesh()
	}
	return ""
}

func connect(ctx context.Context, h *host.Host, mesh string) (*instance.Node, func(), error) {
	// Undoing a change needs systemd even after a signal.
	manager, err := systemd.Connect(context.WithoutCancel(ctx))
	if err != nil {
		return nil, nil, err
	}
	agent, err := consul.Connect(h, mesh)
	if err != nil {
		manager.Close()
		return nil, nil, err
	}
	return &instance.Node{
		Host: h, Systemd: manager, Agent: agent, Envoy: envoy.At, Processes: instance.Kernel{}, Hold: hold.Kernel{}, Fences: fence.New(h),
		ValidateConsul: instance.ValidateConsul, Timing: instance.Usual(),
	}, manager.Close, nil
}
