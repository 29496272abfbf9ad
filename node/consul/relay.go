package consul

import (
	"context"
	"io"
	"net"
	"path/filepath"
)

// Relay takes connections on a socket in a folder that only root opens, and hands them on to the node's agent, as Dial does: for a
// program that sends a token without looking who listens. It ends with ctx.
func Relay(ctx context.Context, folder, agent string) (address string, err error) {
	path := filepath.Join(folder, "agent")
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go relay(ctx, connection, agent)
		}
	}()
	return "unix://" + path, nil
}

func relay(ctx context.Context, near net.Conn, agent string) {
	defer near.Close()
	far, err := Dial(ctx, "tcp", agent)
	if err != nil {
		return
	}
	defer far.Close()
	go func() {
		defer near.Close()
		_, _ = io.Copy(near, far)
	}()
	_, _ = io.Copy(far, near)
}
