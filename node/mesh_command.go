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

// meshCommand runs the command `mesh`, which a person types on the node.
func meshCommand(ctx context.Context, args []string) int {
	h := host.New()
	agent, err := consul.Connect(h, "")
	if err != nil {
		os.Stderr.WriteString("mesh: " + host.Clean(err.Error()) + "\n")
		return exitFailed
	}
	return mesh.Run(ctx, h, mesh.Tools{
		Units:    systemd.Connect,
		Agent:    agent,
		Load:     instance.Load,
		Owner:    instance.OwnerOf,
		Rollback: rollback(h),
		Become:   mesh.Become,
	}, args, os.Stdout, os.Stderr)
}

func rollback(h *host.Host) func(ctx context.Context, name string) error {
	return func(ctx context.Context, name string) error {
		owner := instance.OwnerOf(h, name)
		// The program that put a release into service reads it: it may be of another version.
		if own := host.ProgramOf(owner); owner != "" && h.Exists(own) && !isThis(own) {
			return mesh.Become(own, "mesh", "rollback", name)
		}
		node, closing, err := connect(ctx, h, owner)
		if err != nil {
			return err
		}
		defer closing()
		return node.Rollback(ctx, name)
	}
}

// isThis says whether this process runs the program at a path.
func isThis(path string) bool {
	own, err := os.Stat("/proc/self/exe")
	there, thereErr := os.Stat(path)
	return err != nil || thereErr != nil || os.SameFile(own, there)
}
