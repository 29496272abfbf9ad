package instance

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/mark"
)

// Consul's agent gives a sidecar without a port of its own the first free one of this range, in the order of its definitions, each
// time it reads them. (sidecar_min_port and sidecar_max_port of the agent; these are the defaults.)
const firstAutomatic, lastAutomatic = 21000, 21255

// keptPorts is a definition that has the ports of sidecars which were taken over. Without it the sidecars of others after them would
// move, and their callers would reach the wrong ones until they have heard. The agent reads it first.
var keptPorts = filepath.Join(host.ConsulDir, "00-gatehouse-ports.hcl")

// KeptService is what the ports are registered as; the token of the node may write it.
const KeptService = "gatehouse-ports"

var keptPort = regexp.MustCompile(`(?m)^  port = (\d+)$`)

// automaticPorts are those of sidecars among the registrations, ascending.
func automaticPorts(registrations []consul.Registration) []int {
	var ports []int
	for _, one := range registrations {
		if one.Kind == proxyKind && one.Port >= firstAutomatic && one.Port <= lastAutomatic {
			ports = append(ports, one.Port)
		}
	}
	slices.Sort(ports)
	return ports
}

// keepPorts that become free as long as a sidecar of others has a later one.
func (a *apply) keepPorts(ctx context.Context, free []int) error {
	n, kept := a.Node, a.portsKept()
	free = slices.DeleteFunc(free, func(port int) bool { return slices.Contains(kept, port) })
	if len(free) == 0 {
		return nil
	}
	ports := append(kept, free...)
	slices.Sort(ports)
	ports = slices.Compact(ports)
	if moves, err := n.wouldMove(ctx, ports); err != nil || !moves {
		return err
	}
	if n.Host.Exists(keptPorts) && !n.wrote(keptPorts) {
		return fmt.Errorf("%s is not Gatehouse's, which keeps ports there: give it another name, then run: consul reload", keptPorts)
	}
	a.keeps = append(a.keeps, free...)
	return n.writeKept(ports)
}

// keepNoPorts that this run kept. Another run may have kept more since.
func (a *apply) keepNoPorts() error {
	if len(a.keeps) == 0 {
		return nil
	}
	ports := slices.DeleteFunc(a.portsKept(), func(port int) bool { return slices.Contains(a.keeps, port) })
	if len(ports) == 0 {
		return a.Host.Remove(keptPorts)
	}
	return a.writeKept(ports)
}

func (n *Node) writeKept(ports []int) error {
	token := consul.TokenFor(n.Host, "")
	if token == "" {
		return n.Host.Write(keptPorts, keptDefinition(ports, ""), 0o644, host.Owner{})
	}
	return n.Host.Write(keptPorts, keptDefinition(ports, token), 0o640, host.ConsulMayRead)
}

func (n *Node) portsKept() (ports []int) {
	text, err := n.Host.Read(keptPorts)
	if err != nil || !n.wrote(keptPorts) {
		return nil
	}
	for _, match := range keptPort.FindAllStringSubmatch(string(text), -1) {
		port, _ := strconv.Atoi(match[1])
		ports = append(ports, port)
	}
	return ports
}

// wouldMove says whether a sidecar has a later port than the first of these, and is not one of them.
func (n *Node) wouldMove(ctx context.Context, ports []int) (bool, error) {
	registered, err := n.Agent.Registrations(ctx)
	if err != nil {
		return false, fmt.Errorf("Consul's agent does not tell the ports of its sidecars: %w", err)
	}
	// A release names the port of its sidecar.
	registered = slices.DeleteFunc(registered, func(one consul.Registration) bool { return one.Mesh != "" || n.wrote(definitionPath(one.Of)) })
	later := func(port int) bool { return port > ports[0] && !slices.Contains(ports, port) }
	return slices.ContainsFunc(automaticPorts(registered), later), nil
}

func keptDefinition(ports []int, token string) []byte {
	var text strings.Builder
	text.WriteString(mark.Written + ". Sidecars that were made by hand had these ports. Consul would give them to other sidecars of this\n" +
		"# node, whose callers would reach the wrong ones for a moment. Where these may move, remove this file.\n")
	for _, port := range ports {
		fmt.Fprintf(&text, "services {\n  id   = \"%s-%d\"\n  name = %q\n  port = %d\n", KeptService, port, KeptService, port)
		if token != "" {
			fmt.Fprintf(&text, "  token = %q\n", token)
		}
		text.WriteString("}\n")
	}
	return []byte(text.String())
}

// unneededPorts is the definition that keeps ports, where no sidecar would move without it; else nothing.
func (n *Node) unneededPorts(ctx context.Context) []string {
	ports := n.portsKept()
	if len(ports) == 0 {
		return nil
	}
	if moves, err := n.wouldMove(ctx, ports); err != nil || moves {
		n.Host.Say("%s stays: without it sidecars that are not this mesh's would get other ports", keptPorts)
		return nil
	}
	return []string{keptPorts}
}
