package instance

import (
	"context"
	"slices"
	"strings"

	"gatehouse/node/document"
)

// report why an instance does not serve, with everything that a person would look at first.
func (n *Node) report(ctx context.Context, release document.Instance) {
	n.reportChecks(ctx, release)
	if check := asked(release.Health); check != "" {
		switch answer, err := n.ask(ctx, release.Health); {
		case answer != "":
			n.Host.Say("%s answers: %s", check, answer)
		case err != nil:
			n.Host.Say("%s does not answer: %v", check, err)
		}
	}
	if n.isSlow(ctx, release) {
		n.Host.Say("%s runs, and did not serve within %s: if it takes longer to start, declare health.startTimeout", processUnit(release), n.patience(release))
	}
	for _, one := range listeners(release) {
		unit, err := n.Systemd.Unit(ctx, one.unit)
		switch {
		case !n.Processes.Listens(one.port):
			n.Host.Say("nothing listens on 127.0.0.1:%d", one.port)
		case err == nil && !n.Processes.Serves(unit.ControlGroup, one.port):
			n.Host.Say("127.0.0.1:%d is held by %s, which is not a process of %s alone", one.port, n.Processes.Holder(one.port), one.unit)
		}
	}
	for _, unit := range slices.Compact(append([]string{processUnit(release)}, OwnUnits(release)...)) {
		n.Host.Say("the last lines of %s:\n%s", unit, n.Systemd.Journal(ctx, unit, 20))
	}
}

func (n *Node) reportChecks(ctx context.Context, release document.Instance) {
	ids := IDs(release.Kind, release.Name)
	if len(ids) == 0 {
		n.Host.Say("%s did not run as it should", release.Name)
		return
	}
	n.Host.Say("%s did not become healthy. Consul's checks:", release.Name)
	checks, err := n.Agent.Checks(ctx, ids...)
	if err != nil {
		n.Host.Say("  Consul's agent does not answer: %v", err)
	}
	for _, check := range checks {
		n.Host.Say("  %s: %s %s", check.Name, check.Status, strings.TrimSpace(check.Output))
	}
}

// isSlow says whether the process may just need longer: it runs, and has not ended since its start.
func (n *Node) isSlow(ctx context.Context, release document.Instance) bool {
	if release.Kind != document.Service || release.Port == 0 || n.Processes.Listens(release.Port) {
		return false
	}
	unit, err := n.Systemd.Unit(ctx, processUnit(release))
	return err == nil && unit.Active() && unit.Restarts == 0
}
