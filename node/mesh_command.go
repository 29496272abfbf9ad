package main

import (
	"context"
	"os"

	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/mesh"
	"gatehouse/node/systemd"
)

// meshCommand is what a person types on the node.
func meshCommand(ctx context.Context, args []string) int {
	h := host.New()
	agent, err := consul.Connect(h, consul.NodeToken)
	if err != nil {
		os.Stderr.WriteString("mesh: " + host.Clean(err.Error()) + "\n")
		return exitFailed
	}
	return mesh.Run(ctx, h, mesh.Tools{
		Units:    systemd.Connect,
		Agent:    agent,
		Load:     instance.Load,
		Rollback: rollback(h),
		Become:   mesh.Become,
	}, args, os.Stdout, os.Stderr)
}

func rollback(h *host.Host) func(ctx context.Context, name string) error {
	return func(ctx context.Context, name string) error {
		node, closing, err := connect(ctx, h)
		if err != nil {
			return err
		}
		defer closing()
		return node.Rollback(ctx, name)
	}
}
