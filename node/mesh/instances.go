package mesh

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/envoy"
	"gatehouse/node/host"
)

// of returns do for an instance that exists, or else an error that lists those that do.
func (c command) of(name string, do func() error) func() error {
	return func() error {
		names := c.names()
		if name == "" {
			return fmt.Errorf("which one? Name one of: %s", strings.Join(names, " "))
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

// isClaim says whether a name has no release yet, only the record of the mesh that claimed it.
func (c command) isClaim(name string) bool {
	return slices.Equal(c.host.List(host.Instances+"/"+name), []string{"history.json"})
}

// meshOf names the mesh of an instance if there are several on the node.
func (c command) meshOf(name string) string {
	if mesh := c.Owner(c.host, name); len(c.records) > 1 && mesh != "" {
		return " (mesh " + mesh + ")"
	}
	return ""
}

// units of an instance that are on the node. The one whose process serves is not among them where it is another's: see theirs.
func (c command) units(name string) []string {
	var units []string
	own := []string{name + ".service", name + "-sidecar-proxy.service"}
	if len(c.theirs(name)) > 0 {
		own = own[1:]
	}
	for _, unit := range own {
		if c.host.Exists(host.UnitDir + "/" + unit) {
			units = append(units, unit)
		}
	}
	return units
}

// theirs is the unit whose process serves, where it is of others or of another service.
func (c command) theirs(name string) []string {
	if release, err := c.current(name); err == nil && release.Unit != "" {
		return []string{release.Unit}
	}
	return nil
}

func (c command) current(name string) (document.Instance, error) {
	return c.Load(c.host, host.Instances+"/"+name+"/current")
}

// admin page of an instance's Envoy.
func (c command) admin(release document.Instance) envoy.Admin { return envoy.At(release.AdminPort) }
