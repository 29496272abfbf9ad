// Package instance puts releases of a service or gateway into service on this node, and takes them away. An instance is
// one workload on one node: its definition in Consul's agent, its units, its environment and its binary.
package instance

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/envoy"
	"gatehouse/node/hold"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
)

// Node is all that an instance needs of the node.
type Node struct {
	Host    *host.Host
	Systemd systemd.Manager
	Agent   consul.Agent
	// Envoy is the admin page on a port.
	Envoy func(port int) envoy.Admin
	// Processes are asked who listens where.
	Processes Processes
	// Hold holds back new connections to a port that is closed for a moment.
	Hold hold.Holder
	// ValidateConsul checks a folder of Consul's configuration; the error holds what Consul said.
	ValidateConsul func(ctx context.Context, folder string) error
	Timing         Timing
}

// Processes of the node.
type Processes interface {
	// Executable is the path of what a process runs; "" when it cannot be told.
	Executable(pid int) string
	// ExecutableSHA256 of what a process runs, which may not be the file of that path any more. It reads all of it.
	ExecutableSHA256(pid int) string
	// Listens says whether anything accepts connections on 127.0.0.1:port.
	Listens(port int) bool
	// Serves says whether processes of the control group accept connections on 127.0.0.1:port, and nothing else does.
	Serves(controlGroup string, port int) bool
	// Holder of 127.0.0.1:port, to name it in a message; "" when it cannot be told.
	Holder(port int) string
	// Open are sockets of the control group that other nodes can reach, as address:port.
	Open(controlGroup string) []string
}

// Timing of waits. Tests make them short.
type Timing struct {
	// Poll between two looks.
	Poll time.Duration
	// Health until a release that is not healthy is given up.
	Health time.Duration
	// Served for a gateway to listen again where its routes had it listen.
	Served time.Duration
	// Others to wait for another instance before this one is drained.
	Others time.Duration
	// Heard that callers' Envoys need to hear of a change.
	Heard time.Duration
	// Quiet in which no request may come, for an instance to count as drained.
	Quiet time.Duration
	// Drain that running requests have to end.
	Drain time.Duration
	// Offered until Consul's servers must offer a healthy instance to callers again.
	Offered time.Duration
	// Moved for Envoy to leave upstreams that are no longer declared; it drains for 5 s.
	Moved time.Duration
	// Upstreams for Envoy to open the ports of new upstreams.
	Upstreams time.Duration
}

// Usual timing.
func Usual() Timing {
	return Timing{
		Poll: 200 * time.Millisecond, Health: time.Minute, Served: 15 * time.Second, Others: 15 * time.Second,
		Heard: time.Second, Quiet: 500 * time.Millisecond, Drain: 10 * time.Second, Offered: time.Minute,
		Moved: 20 * time.Second, Upstreams: 5 * time.Second,
	}
}

func (n *Node) wait(ctx context.Context, timeout time.Duration, done func() bool) bool {
	return host.Wait(ctx, timeout, n.Timing.Poll, done)
}

// ValidateConsul runs `consul validate`.
func ValidateConsul(ctx context.Context, folder string) error {
	out, err := exec.CommandContext(ctx, "consul", "validate", "-quiet", folder).CombinedOutput()
	if err != nil {
		return fmt.Errorf("Consul refuses the definition: %s", strings.TrimSpace(string(out)))
	}
	return nil
}

// validate what the release changes: the agent's whole configuration as it would be, and the units. Files that are on the
// node already were checked when they came.
func (n *Node) validate(ctx context.Context, release document.Instance) error {
	// Copies of definitions hold tokens: not in /tmp, and gone with the next start of the node.
	if err := os.MkdirAll(n.Host.Path(host.Locks), 0o700); err != nil {
		return err
	}
	trial, err := os.MkdirTemp(n.Host.Path(host.Locks), "trial-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(trial)
	var units []string
	definition := false
	for _, file := range release.Files {
		folder := filepath.Dir(file.Path)
		if folder != host.UnitDir && folder != host.ConsulDir || n.has(release.Name, file) {
			continue
		}
		at := filepath.Join(trial, filepath.Base(file.Path))
		if err := os.WriteFile(at, []byte(file.Content), 0o600); err != nil {
			return err
		}
		if folder == host.UnitDir {
			units = append(units, at)
		} else {
			definition = true
		}
	}
	if definition {
		if err := n.copyConfiguration(release.Name, trial); err != nil {
			return err
		}
		if err := n.ValidateConsul(ctx, trial); err != nil {
			return err
		}
	}
	if len(units) == 0 {
		return nil
	}
	return n.Systemd.Verify(ctx, units...)
}

// has says whether the node has a file of a release with this content.
func (n *Node) has(name string, file document.File) bool {
	content := []byte(file.Content)
	if token := n.token(name); token != "" && filepath.Dir(file.Path) == host.ConsulDir {
		content = withToken(content, token)
	}
	have, err := n.Host.Read(file.Path)
	return err == nil && bytes.Equal(have, content)
}

// copyConfiguration of the agent to a folder, all but this instance's own.
func (n *Node) copyConfiguration(name, to string) error {
	for _, file := range n.Host.List(host.ConsulDir) {
		if !isConfiguration(file) || file == name+".hcl" || file == "gatehouse-secrets.json" {
			continue
		}
		content, err := n.Host.Read(filepath.Join(host.ConsulDir, file))
		if err != nil {
			continue // a folder, or gone
		}
		if err := os.WriteFile(filepath.Join(to, file), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func isConfiguration(name string) bool {
	extension := filepath.Ext(name)
	return !strings.HasPrefix(name, ".") && (extension == ".hcl" || extension == ".json")
}
