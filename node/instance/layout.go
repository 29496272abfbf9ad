package instance

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/fence"
	"gatehouse/node/host"
)

// Home of an instance: its releases, which of them runs, and its record.
func Home(name string) string { return filepath.Join(host.Instances, name) }

func releaseFolder(name, release string) string {
	return filepath.Join(Home(name), "releases", release)
}

func currentLink(name string) string { return filepath.Join(Home(name), "current") }

// IDs under which Consul knows an instance.
func IDs(kind document.Kind, name string) []string {
	switch kind {
	case document.Service:
		return []string{name, sidecarID(name)}
	case document.Job:
		return nil
	}
	return []string{name}
}

// isCalled says whether others call the instance. A service without a port, like a queue worker, only calls others.
func isCalled(release document.Instance) bool {
	return release.Kind != document.Service && release.Kind != document.Job || release.Port != 0
}

func sidecarID(name string) string { return name + "-sidecar-proxy" }

func mainUnit(name string) string { return name + ".service" }

func sidecarUnit(name string) string { return sidecarID(name) + ".service" }

// Units that an instance may have, that of its main process first.
func Units(kind document.Kind, name string) []string {
	if kind == document.Service {
		return []string{mainUnit(name), sidecarUnit(name)}
	}
	return []string{mainUnit(name)}
}

// The units of a service's health script: the socket on which it is asked for, and the service's sandbox, in which it runs.
func healthSocket(name string) string { return healthPrefix + name + ".socket" }

func healthUnit(name string) string { return healthPrefix + name + ".service" }

const healthPrefix = "gatehouse-health-"

// isHealth says whether a unit is one for a health script. systemd starts the sandbox when the script is asked for.
func isHealth(unit string) bool { return strings.HasPrefix(unit, healthPrefix) }

// HealthOf is the service whose health script a unit is for.
func HealthOf(unit string) (service string, isHealth bool) {
	name, isHealth := strings.CutPrefix(unit, healthPrefix)
	return strings.TrimSuffix(strings.TrimSuffix(name, ".socket"), ".service"), isHealth
}

// startedUnits of a release: those that a deploy enables and starts.
func startedUnits(release document.Instance) []string {
	units := OwnUnits(release)
	socket := healthSocket(release.Name)
	if slices.ContainsFunc(release.Files, func(file document.File) bool { return filepath.Base(file.Path) == socket }) {
		units = append(units, socket)
	}
	return units
}

// allUnits that an instance of this name can have.
func allUnits(kind document.Kind, name string) []string {
	units := Units(kind, name)
	if kind == document.Service {
		units = append(units, healthSocket(name), healthUnit(name))
	}
	return units
}

// allowedUnits are those that a release may have.
func allowedUnits(release document.Instance) []string {
	units := OwnUnits(release)
	if release.Kind == document.Service {
		units = append(units, healthSocket(release.Name), healthUnit(release.Name))
	}
	return units
}

// OwnUnits of a release: those that a deploy writes, starts and stops. A service whose process is of another unit has only a
// sidecar.
func OwnUnits(release document.Instance) []string {
	if release.Unit != "" {
		return []string{sidecarUnit(release.Name)}
	}
	return Units(release.Kind, release.Name)
}

// processUnit is the unit whose process listens on the port of a service, or as a gateway.
func processUnit(release document.Instance) string {
	return cmp.Or(release.Unit, mainUnit(release.Name))
}

// envoyUnit is the unit whose process is the instance's Envoy.
func envoyUnit(release document.Instance) string {
	if release.Kind == document.Service {
		return sidecarUnit(release.Name)
	}
	return mainUnit(release.Name)
}

// belongsTo says whether a path belongs to an instance of this name, of any kind.
func belongsTo(name, path string) bool {
	places := []string{definitionPath(name), filepath.Join(host.EnvDir, name+".env"), fence.Path(name)}
	for _, unit := range allUnits(document.Service, name) {
		places = append(places, filepath.Join(host.UnitDir, unit))
	}
	return slices.Contains(places, path) || isConfig(name, path)
}

// configFolder has the configuration files of a service. Its parent is root's alone; the service sees the folder elsewhere.
func configFolder(name string) string { return filepath.Join(host.Config, name) }

// isConfig says whether a path is one of a service's configuration files.
func isConfig(name, path string) bool {
	file := filepath.Base(path)
	return path == filepath.Join(configFolder(name), file) && document.ValidName(file) && file[0] != '.'
}

func configFiles(h *host.Host, name string) []string {
	var found []string
	for _, file := range h.List(configFolder(name)) {
		if path := filepath.Join(configFolder(name), file); isConfig(name, path) {
			found = append(found, path)
		}
	}
	return found
}

func definitionPath(name string) string { return filepath.Join(host.ConsulDir, name+".hcl") }

func secretEnvPath(name string) string { return filepath.Join(host.Secrets, name+".env") }

// TokenFile of an instance: the token with which its Envoy and its registration talk to Consul.
func TokenFile(name string) string { return filepath.Join(host.Secrets, name+".token") }
