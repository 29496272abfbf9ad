package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"gatehouse/node/agent"
	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/expand"
	"gatehouse/node/host"
	"gatehouse/node/inspect"
	"gatehouse/node/instance"
	"gatehouse/node/look"
	"gatehouse/node/probe"
	"gatehouse/node/ran"
	"gatehouse/node/secrets"
	"gatehouse/node/setup"
	"gatehouse/node/sweep"
	"gatehouse/node/systemd"
	"gatehouse/node/taken"
)

// verb reads its document from standard input, and gets the rest of the command line as words.
type verb func(ctx context.Context, h *host.Host, words []string) error

var verbs map[string]verb

func init() {
	verbs = map[string]verb{
		"version":           showVersion,
		"ran":               recordRan,
		"inspect node":      withDocument(inspectNode),
		"instance apply":    withNode(applyInstance),
		"instance rollback": withNode(func(ctx context.Context, n *instance.Node, doc document.Name) error { return n.Rollback(ctx, doc.Name) }),
		"instance remove":   withNode(func(ctx context.Context, n *instance.Node, doc document.Name) error { return n.Remove(ctx, doc.Name) }),
		"sweep":             withNode(sweepNode),
		"inspect": withNode(func(ctx context.Context, n *instance.Node, doc document.Inspection) error {
			return inspect.Run(ctx, inspect.New(n.Host, n.Systemd, n.Agent.(*consul.Client), version), doc, os.Stdout)
		}),
		"owner":     withDocument(func(_ context.Context, h *host.Host, doc document.Owner) error { return h.CheckOwner(doc) }),
		"uninstall": withDocument(func(_ context.Context, h *host.Host, doc document.Owner) error { return sweep.Uninstall(h, doc) }),
		"wipe":      withNode(wipeNode),
		"setup": withNode(func(ctx context.Context, n *instance.Node, doc document.Setup) error {
			return setup.Run(ctx, n.Host, n.Systemd, n.Agent.(*consul.Client), setup.NewTools(), doc)
		}),
		"incoming": withDocument(func(ctx context.Context, h *host.Host, doc document.Incoming) error {
			return setup.Incoming(ctx, h, setup.Login(), systemd.Later, doc)
		}),
		"secrets forget": func(_ context.Context, h *host.Host, _ []string) error { return setup.Forget(h) },
		"tokens":         withDocument(setup.Tokens),
		"agent setup": withNode(func(ctx context.Context, n *instance.Node, doc document.Agent) error {
			return agent.Setup(ctx, n.Host, n.Systemd, agent.NewTools(n.Host), doc)
		}),
		"agent token": withNode(func(ctx context.Context, n *instance.Node, doc document.AgentToken) error {
			return agent.Token(ctx, n.Host, n.Systemd, agent.NewTools(n.Host), doc)
		}),
		"agent refresh": withNode(func(ctx context.Context, n *instance.Node, doc document.AgentRefresh) error {
			return agent.Refresh(ctx, n.Host, n.Agent, doc)
		}),
		"agent remove": withNode(func(ctx context.Context, n *instance.Node, doc document.AgentRemoval) error {
			return agent.Remove(ctx, n.Host, n.Systemd, agent.NewTools(n.Host), doc)
		}),
		"fence":         keepFence,
		"bootstrap":     makeBootstrap,
		"health serve":  serveScript,
		"health ask":    askScript,
		"drain node":    drainNode,
		"drain gateway": drainGateway,
		"expand": withDocument(func(ctx context.Context, h *host.Host, doc document.Expand) error {
			return expand.Run(ctx, h, doc, connectAs)
		}),
		"expand routing": withDocument(func(ctx context.Context, h *host.Host, doc document.Expand) error {
			return expand.Route(ctx, h, doc, connectAs)
		}),
		"expand remove": withDocument(func(ctx context.Context, h *host.Host, doc document.ExpandRemoval) error {
			return expand.Remove(ctx, h, doc, connectAs)
		}),
		"entry take": withDocument(func(ctx context.Context, h *host.Host, doc document.EntryTake) error {
			return taken.Take(ctx, h, doc, connectAs)
		}),
		"entry return": withDocument(func(ctx context.Context, h *host.Host, doc document.EntryReturn) error {
			return taken.Return(ctx, h, doc, connectAs)
		}),
		"entry settle": withDocument(func(ctx context.Context, h *host.Host, doc document.EntriesSettle) error {
			return taken.Settle(ctx, h, doc, connectAs)
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

func applyInstance(ctx context.Context, n *instance.Node, doc document.Instance) error {
	var values map[string]string
	if len(doc.Secrets)+len(doc.SecretFiles) > 0 {
		var err error
		if values, err = secrets.Take(n.Host, doc.Mesh, "env-"+doc.Name); err != nil {
			return err
		}
	}
	return n.Apply(ctx, doc, values)
}

// inspectNode answers the preflight, also where systemd or Consul's agent does not answer.
func inspectNode(ctx context.Context, h *host.Host, doc document.Questions) error {
	node := look.Node{Host: h, Agent: "http://" + consul.Address, Login: setup.Login()}
	if units, err := systemd.Connect(ctx); err == nil {
		defer units.Close()
		node.Units = units
	}
	return look.Run(ctx, node, doc, os.Stdout)
}

func wipeNode(ctx context.Context, n *instance.Node, doc document.Wipe) error {
	return sweep.Wipe(ctx, n, doc, func(ctx context.Context) error {
		return agent.Remove(ctx, n.Host, n.Systemd, agent.NewTools(n.Host), document.AgentRemoval{Owner: doc.Owner})
	})
}

func sweepNode(ctx context.Context, n *instance.Node, doc document.Sweep) error {
	return sweep.Run(ctx, n, n.Agent.(*consul.Client), doc)
}

// recordRan is what the shell says that received this program, when the program of a resource ran to its end: ran MESH RESOURCE
// CREATION.
func recordRan(_ context.Context, h *host.Host, words []string) error {
	if len(words) != 3 {
		return errors.New("say: ran MESH RESOURCE CREATION")
	}
	return ran.Record(h, words[0], words[1], words[2])
}
