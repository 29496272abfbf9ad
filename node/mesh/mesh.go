// Package mesh is the command `mesh`, which a person types on a node: a thin layer over systemd, the journal, Consul's
// agent and Envoy's admin page.
package mesh

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/hashicorp/consul/api"
	"golang.org/x/sys/unix"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/envoy"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
)

// Agent is what the command asks of the node's Consul agent.
type Agent interface {
	// Leader is the address of the servers' leader; "" when there is none.
	Leader(ctx context.Context) string
	// Checks without ids are all that the agent has.
	Checks(ctx context.Context, ids ...string) ([]consul.Check, error)
	// Gateways are the ingress gateways' config entries.
	Gateways(ctx context.Context) ([]*api.IngressGatewayConfigEntry, error)
	// Registration with this id, with every field that the agent has.
	Registration(ctx context.Context, id string) (map[string]any, error)
}

// Tools are what the command works with.
type Tools struct {
	// Units connects to systemd. It is not called where systemd is not needed.
	Units func(ctx context.Context) (systemd.Manager, error)
	Agent Agent
	// Load the release in a folder.
	Load func(h *host.Host, folder string) (document.Instance, error)
	// Owner is the mesh whose instance a name is; "" when there is no record of one.
	Owner func(h *host.Host, name string) string
	// Rollback goes back to the release of an instance before the one that runs.
	Rollback func(ctx context.Context, name string) error
	// Become replaces this program by another one, which is told to go on with the terminal.
	Become func(command ...string) error
}

// Become replaces this program by another one; it returns only when that cannot be.
func Become(command ...string) error {
	program, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	// What is ignored here would be ignored there too: a journal that is followed would outlive its terminal or its pipe.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGPIPE) // with a handler, since Reset keeps what is ignored
	return syscall.Exec(program, command, os.Environ())
}

type command struct {
	Tools
	host    *host.Host
	records []host.NodeRecord
	out     io.Writer
}

// Run a command that a person typed, without the word `mesh`. Returns the exit code: 1 when it could not do what was
// asked, 2 when it was not understood.
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

// verbs with what they do for these arguments.
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

func (c command) usage() string {
	node := "this node belongs to no mesh"
	switch len(c.records) {
	case 0:
	case 1:
		node = fmt.Sprintf("the mesh '%s' on this node, %s (%s)", c.records[0].Mesh, c.records[0].Node, c.records[0].Role)
	default:
		names := make([]string, len(c.records))
		for i, record := range c.records {
			names[i] = "'" + record.Mesh + "'"
		}
		node = fmt.Sprintf("the meshes %s on this node, %s", strings.Join(names, " and "), c.records[0].Node)
	}
	return host.Clean("mesh: "+node) + `

  mesh status          units, health and Envoy of everything that runs here
  mesh logs NAME       follow the journal of a service or gateway and its Envoy   [journalctl options]
  mesh restart NAME    restart a service and its sidecar, or a gateway
  mesh rollback NAME   go back to the release of NAME before the one that runs
  mesh routes          which hosts and ports lead where
  mesh config NAME     what was installed for NAME, and what Consul and Envoy made of it
`
}

// needsRoot refuses a person who cannot read the node's token: every answer of Consul would be empty.
func needsRoot(h *host.Host, access func(path string, mode uint32) error, args []string) error {
	if !h.Exists(host.Secrets) || access(h.Path(host.Secrets), unix.R_OK) == nil {
		return nil
	}
	return fmt.Errorf("only root may read this node's token for Consul: sudo mesh %s", strings.Join(args, " "))
}

// of an instance that is there.
func (c command) of(name string, do func() error) func() error {
	return func() error {
		names := c.names()
		if name == "" {
			return fmt.Errorf("which one? say one of: %s", strings.Join(names, " "))
		}
		if !slices.Contains(names, name) {
			return fmt.Errorf("no '%s' on this node; there are: %s", name, strings.Join(names, " "))
		}
		return do()
	}
}

// names of the instances on the node.
func (c command) names() []string {
	var names []string
	for _, name := range c.host.List(host.Instances) {
		info, err := os.Lstat(c.host.Path(host.Instances + "/" + name))
		if err == nil && info.IsDir() && document.ValidName(name) && !c.isClaim(name) {
			names = append(names, name)
		}
	}
	return names
}

// isClaim says whether of a name there is only a record of the mesh that brought a token for it.
func (c command) isClaim(name string) bool {
	return slices.Equal(c.host.List(host.Instances+"/"+name), []string{"history.json"})
}

// of the mesh, where there are several on the node.
func (c command) meshOf(name string) string {
	if mesh := c.Owner(c.host, name); len(c.records) > 1 && mesh != "" {
		return " (mesh " + mesh + ")"
	}
	return ""
}

// units of an instance that are on the node.
func (c command) units(name string) []string {
	var units []string
	for _, unit := range []string{name + ".service", name + "-sidecar-proxy.service"} {
		if c.host.Exists(host.UnitDir + "/" + unit) {
			units = append(units, unit)
		}
	}
	return units
}

func (c command) current(name string) (document.Instance, error) {
	return c.Load(c.host, host.Instances+"/"+name+"/current")
}

func (c command) print(format string, args ...any) {
	fmt.Fprint(c.out, host.Clean(fmt.Sprintf(format, args...)))
}

func (c command) logs(name string, options []string) error {
	if len(options) == 0 {
		options = []string{"-f", "-n", "50"}
	}
	arguments := []string{"journalctl"}
	for _, unit := range c.units(name) {
		arguments = append(arguments, "-u", unit)
	}
	return c.Become(append(arguments, options...)...)
}

// admin page of an instance's Envoy.
func (c command) admin(release document.Instance) envoy.Admin { return envoy.At(release.AdminPort) }
