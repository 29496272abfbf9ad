package mesh

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

func (c command) routes(ctx context.Context) error {
	gateways, err := c.Agent.Gateways(ctx)
	if err != nil {
		return fmt.Errorf("this node's Consul agent does not list the gateways: %w", err)
	}
	for _, gateway := range gateways {
		for _, listener := range gateway.Listeners {
			for _, service := range listener.Services {
				hosts := service.Hosts
				if len(hosts) == 0 {
					hosts = []string{service.Name + ".ingress.*"}
				}
				c.print("%s :%d %s host %s -> %s\n", gateway.Name, listener.Port, listener.Protocol, strings.Join(hosts, ", "), service.Name)
			}
		}
	}
	return nil
}

func (c command) config(ctx context.Context, name string) error {
	release, err := c.current(name)
	if err != nil {
		return err
	}
	for _, folder := range []string{host.ConsulDir, host.UnitDir} {
		for _, file := range sorted(release.Files) {
			if strings.HasPrefix(file.Path, folder+"/") {
				c.print("### %s\n%s", file.Path, file.Content)
			}
		}
	}
	c.print("### environment: the names only\n")
	for _, variable := range environment(release) {
		c.print("%s\n", variable)
	}
	if release.AdminPort == 0 {
		return nil // a job without upstreams: Consul does not know it
	}
	c.print("### as Consul has it\n")
	if registration, err := c.Agent.Registration(ctx, name); err != nil {
		c.print("%s\n", err)
	} else if text, err := json.MarshalIndent(registration, "", "  "); err == nil {
		c.print("%s\n", text)
	}
	c.print("### clusters of its Envoy\n")
	clusters, err := c.admin(release).Get(ctx, "/clusters")
	if err != nil {
		c.print("%s\n", err)
	}
	for _, line := range strings.Split(string(clusters), "\n") {
		if telling.MatchString(line) {
			c.print("%s\n", line)
		}
	}
	return nil
}

// telling matches the lines of Envoy's page that show whether a cluster works.
var telling = regexp.MustCompile(`::(health_flags|cx_active|rq_active)`)

var variableLine = regexp.MustCompile(`(?m)^([A-Za-z_][A-Za-z0-9_]*)=`)

// environment has the names of a release's variables: only root should see the values.
func environment(release document.Instance) []string {
	var names []string
	for _, file := range release.Files {
		if !strings.HasPrefix(file.Path, host.EnvDir+"/") {
			continue
		}
		for _, found := range variableLine.FindAllStringSubmatch(file.Content, -1) {
			names = append(names, found[1])
		}
	}
	for _, secret := range release.Secrets {
		names = append(names, secret.Name)
	}
	return names
}

func sorted(files []document.File) []document.File {
	return slices.SortedFunc(slices.Values(files), func(a, b document.File) int { return strings.Compare(a.Path, b.Path) })
}
