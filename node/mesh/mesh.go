// Package mesh is the command `mesh`, which a person types on a node: a thin layer over systemd, the journal, Consul's
// agent and Envoy's admin page.
package mesh

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hashicorp/consul/api"
	"golang.org/x/sys/unix"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
)

// Agent has the requests of the command to the node's Consul agent.
type Agent interface {
	// Leader is the address of the servers' leader; "" when there is none.
	Leader(ctx context.Context) string
	// Checks without ids are all of the agent's.
	Checks(ctx context.Context, ids ...string) ([]consul.Check, error)
	// Gateways are the ingress gateways' config entries.
	Gateways(ctx context.Context) ([]*api.IngressGatewayConfigEntry, error)
	// Registration with this id, with every field that the agent has.
	Registration(ctx context.Context, id string) (map[string]any, error)
}

// Tools are the parts of the program that the command uses; tests replace them.
type Tools struct {
	// Units connects to systemd. It is not called where systemd is not needed.
	Units func(ctx context.Context) (systemd.Manager, error)
	Agent Agent
	// Load the release in a folder.
	Load func(h *host.Host, folder string) (document.Instance, error)
	// Owner is the mesh that an instance belongs to; "" when no record says so.
	Owner func(h *host.Host, name string) string
	// Rollback goes back to the release of an instance before the one that runs.
	Rollback func(ctx context.Context, name string) error
	// Become replaces this program by another one, which keeps the terminal.
	Become func(command ...string) error
}

type command struct {
	Tools
	host    *host.Host
	records []host.NodeRecord
	out     io.Writer
}

// Run a command that a person typed, without the word `mesh`. Returns the exit code: 1 when the command failed, 2 when there
// is no such command.
func Run(ctx context.Context, h *host.Host, tools Tools, args []string, stdout, stderr io.Writer) int {
	fail := func(err error) int {
		fmt.Fprintf(stderr, "mesh: %s\n", host.Clean(err.Error()))
		return 1
	}
	records, err := h.Records()
	if err != nil {
		return fail(err)
	}
	c := command{Tools: tools, host: h, records: records, out: stdout}
	verb := "help"
	if len(args) > 0 {
		verb = args[0]
	}
	do, found := c.verbs(ctx, args)[verb]
	switch {
	case slices.Contains([]string{"help", "-h", "--help"}, verb):
		fmt.Fprint(stdout, c.usage())
		return 0
	case !found:
		fmt.Fprint(stderr, c.usage())
		return 2
	}
	if err := needsRoot(h, unix.Access, args); err != nil {
		return fail(err)
	}
	if err := do(); err != nil {
		return fail(err)
	}
	return 0
}

// verbs of the command, with the functions that run them for these arguments.
func (c command) verbs(ctx context.Context, args []string) map[string]func() error {
	name, rest := "", []string(nil)
	if len(args) > 1 {
		name, rest = args[1], args[2:]
	}
	return map[string]func() error{
		"status":   func() error { return c.status(ctx) },
		"routes":   func() error { return c.routes(ctx) },
		"logs":     c.of(name, func() error { return c.logs(name, rest) }),
		"restart":  c.of(name, func() error { return c.restart(ctx, name) }),
		"rollback": c.of(name, func() error { return c.Rollback(ctx, name) }),
		"config":   c.of(name, func() error { return c.config(ctx, name) }),
	}
}

// needsRoot refuses a person who cannot read the node's token: every answer of Consul would be empty.
func needsRoot(h *host.Host, access func(path string, mode uint32) error, args []string) error {
	if !h.Exists(host.Secrets) || access(h.Path(host.Secrets), unix.R_OK) == nil {
		return nil
	}
	return fmt.Errorf("only root may read this node's token for Consul: sudo mesh %s", strings.Join(args, " "))
}

func (c command) print(format string, args ...any) {
	fmt.Fprint(c.out, host.Clean(fmt.Sprintf(format, args...)))
}
