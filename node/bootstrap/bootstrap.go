// Package bootstrap makes the file with which an Envoy starts. Root does so, before the unit of the Envoy starts: the file has the
// instance's token in it, and only root may ask Consul's agent for it.
package bootstrap

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
)

// Path of the file. It is in memory, and its folder lists its files to root alone.
func Path(name string) string { return filepath.Join(host.Bootstraps, name+".json") }

// Maker of bootstraps.
type Maker struct {
	Host *host.Host
	// UID of a user by name; false when there is no such user now.
	UID func(name string) (uint32, bool)
	// Ask runs `consul connect envoy -bootstrap` with further arguments.
	Ask func(ctx context.Context, args ...string) ([]byte, error)
	// Agent is the address of the agent's HTTP API.
	Agent string
	// Patience is how long the agent may take to know the instance.
	Patience time.Duration
	// Poll is the pause between two requests.
	Poll time.Duration
}

// New maker for the node that this program runs on.
func New(h *host.Host, uid func(name string) (uint32, bool)) Maker {
	return Maker{h, uid, ask, consul.Address, 10 * time.Second, 300 * time.Millisecond}
}

func ask(ctx context.Context, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "consul", append([]string{"connect", "envoy", "-bootstrap"}, args...)...)
	var reason bytes.Buffer
	command.Stderr = &reason
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("consul connect envoy: %w: %s", err, bytes.TrimSpace(reason.Bytes()))
	}
	return out, nil
}

// Make the bootstrap of an instance's Envoy.
//
// args are those of `consul connect envoy`.
func (m Maker) Make(ctx context.Context, name string, fence document.Fence, args ...string) error {
	uid, known := m.UID(fence.Envoy)
	if !known {
		return fmt.Errorf("the Envoy of %[2]s is to run as the user %[1]s, which does not exist; its unit has to start this program", fence.Envoy, name)
	}
	text, err := m.ask(ctx, args)
	if err != nil {
		return err
	}
	if err := m.Host.Folder(host.Bootstraps, 0o711, host.Owner{}); err != nil {
		return err
	}
	if err := m.Host.Write(Path(name), text, 0o400, host.Owner{}); err != nil {
		return err
	}
	if m.Host.Unowned {
		return nil
	}
	return os.Chown(m.Host.Path(Path(name)), int(uid), 0)
}

// ask the agent, over a socket, so that no other program gets the token.
func (m Maker) ask(ctx context.Context, args []string) (text []byte, err error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	if err := os.MkdirAll(m.Host.Path(host.Locks), 0o700); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(m.Host.Path(host.Locks), "agent-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	address, err := consul.Relay(ctx, folder, m.Agent)
	if err != nil {
		return nil, err
	}
	args = append([]string{"-http-addr", address}, args...)
	host.Wait(ctx, m.Patience, m.Poll, func() bool {
		// The program says nothing of use about an agent that is not there.
		connection, dialed := consul.Dial(ctx, "tcp", m.Agent)
		if err = dialed; err != nil {
			return false
		}
		connection.Close()
		text, err = m.Ask(ctx, args...)
		return err == nil
	})
	return text, err
}
