package mesh

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
)

func (c command) status(ctx context.Context) error {
	manager, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer manager.Close()
	agent, err := manager.Unit(ctx, "consul.service")
	if err != nil {
		return err
	}
	leader := c.Agent.Leader(ctx)
	if leader == "" {
		leader = "unknown"
	}
	c.print("consul: %s, leader %s\n", agent.ActiveState, leader)
	names := c.names()
	var units []string
	for _, name := range names {
		for _, unit := range append(c.theirs(name), c.units(name)...) {
			if !slices.Contains(units, unit) {
				units = append(units, unit)
			}
		}
	}
	if err := c.table(ctx, manager, units); err != nil {
		return err
	}
	c.print("\nCHECKS\n")
	c.checks(ctx)
	for _, name := range names {
		c.release(ctx, name)
	}
	return nil
}

func (c command) connect(ctx context.Context) (systemd.Manager, error) {
	manager, err := c.Units(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w (are you root?)", err)
	}
	return manager, nil
}

const row = "%-45s %-10s %-10s %-9s %s\n"

// table of units. The time is as systemctl writes it.
func (c command) table(ctx context.Context, manager systemd.Manager, units []string) error {
	c.print(row, "UNIT", "ACTIVE", "ENABLED", "RESTARTS", "SINCE")
	for _, name := range units {
		unit, err := manager.Unit(ctx, name)
		if err != nil {
			return err
		}
		since := ""
		if !unit.Since.IsZero() {
			since = unit.Since.Format("Mon 2006-01-02 15:04:05 MST")
		}
		c.print(row, name, unit.ActiveState, unit.UnitFileState, fmt.Sprint(unit.Restarts), since)
	}
	return nil
}

// outputShown is the length of a check's output that is shown.
const outputShown = 100

func (c command) checks(ctx context.Context) {
	checks, err := c.Agent.Checks(ctx)
	if err != nil {
		c.print("Consul's agent does not answer: %s\n", err)
		return
	}
	slices.SortFunc(checks, func(a, b consul.Check) int { return strings.Compare(a.ID, b.ID) })
	for _, check := range checks {
		service := check.Service
		if service == "" {
			service = "node"
		}
		output := []rune(strings.Join(strings.Fields(check.Output), " "))
		c.print("%s  %s: %s  %s\n", service, check.Name, check.Status, string(output[:min(len(output), outputShown)]))
	}
}

func (c command) release(ctx context.Context, name string) {
	release, err := c.current(name)
	if err != nil {
		c.print("release of %s%s: none (%s)\n", name, c.meshOf(name), err)
		return
	}
	rolledBack := ""
	if text, err := c.host.Read(host.Instances + "/" + name + "/rolled-back"); err == nil {
		rolledBack = ", rolled back by hand; deployed was " + strings.TrimSpace(string(text))
	}
	c.print("release of %s%s: %s%s\n", name, c.meshOf(name), release.Release, rolledBack)
	if release.AdminPort == 0 {
		return // a job without upstreams
	}
	ready := c.admin(release).Ready(ctx)
	if ready == "" {
		ready = "does not answer"
	}
	c.print("envoy of %s: %s\n", name, ready)
}

func (c command) restart(ctx context.Context, name string) error {
	if _, err := c.current(name); err != nil { // it says which units are others'
		return fmt.Errorf("which units %s has is not known: %w", name, err)
	}
	units := c.units(name)
	if len(units) == 0 {
		return fmt.Errorf("no unit of %s is in %s", name, host.UnitDir)
	}
	manager, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer manager.Close()
	if err := manager.Restart(ctx, units...); err != nil {
		return fmt.Errorf("%w; see: mesh logs %s", err, name)
	}
	for _, unit := range c.theirs(name) {
		c.print("%s serves for %s, and was not restarted: it is not a unit of %s\n", unit, name, name)
	}
	return c.table(ctx, manager, units)
}
