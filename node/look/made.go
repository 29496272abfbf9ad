package look

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/content"
	"gatehouse/node/definition"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/mark"
	"gatehouse/node/systemd"
)

// made says what people made for services on this node, with the finder that a takeover uses.
func (l *looker) made(ctx context.Context) {
	if l.Questions.Made == nil || l.Node.Units == nil {
		return
	}
	all := []document.MadeByHand{}
	known := l.knownRegistrations()
	node := &instance.Node{Host: l.Host, Systemd: l.Node.Units, Agent: catalogue{all: known}, Processes: instance.Kernel{}}
	for _, name := range slices.Sorted(maps.Keys(l.madeNames(known))) {
		kind := l.madeNames(known)[name]
		made := document.MadeByHand{Name: name, Kind: kind}
		if kind == "" || kind == string(document.IngressGateway) {
			found, err := node.FindByHand(ctx, cmp.Or(document.Kind(kind), document.Service), name, "")
			if err != nil {
				made.Shared = []string{err.Error()}
			} else {
				l.describe(ctx, &made, found)
			}
		}
		all = append(all, made)
	}
	line, _ := json.Marshal(all)
	l.print("made", string(line))
}

// catalogue answers for the agent, which with ACLs shows its registrations only to a token.
type catalogue struct {
	consul.Agent
	all []consul.Registration
}

// Registrations implements consul.Agent.
func (c catalogue) Registrations(context.Context) ([]consul.Registration, error) { return c.all, nil }

func (l *looker) knownRegistrations() []consul.Registration {
	var all []consul.Registration
	for _, one := range l.Questions.Made.Registrations {
		all = append(all, consul.Registration{ID: one.ID, Service: one.Service, Kind: one.Kind, Address: one.Address, Port: one.Port, Of: one.Of, OfID: one.OfID, Mesh: one.Mesh})
	}
	return all
}

// madeNames are the services and gateways of people, with Consul's kind of each.
func (l *looker) madeNames(known []consul.Registration) map[string]string {
	names := map[string]string{}
	add := func(name, kind string) {
		if kind != "connect-proxy" && document.ValidName(name) && name != instance.KeptService && name != "consul" {
			names[name] = kind
		}
	}
	for _, one := range known {
		if one.Mesh == "" {
			add(one.Service, one.Kind)
		}
	}
	for _, file := range l.Host.List(host.ConsulDir) {
		text, err := l.Host.Read(filepath.Join(host.ConsulDir, file))
		if err != nil || mark.IsWritten(text) || !slices.Contains([]string{".hcl", ".json"}, filepath.Ext(file)) {
			continue
		}
		file, _ := definition.Read(text)
		for _, service := range file.Services {
			add(service.Name, service.Kind)
		}
	}
	return names
}

func (l *looker) describe(ctx context.Context, made *document.MadeByHand, found *instance.ByHand) {
	made.Files, made.Shared = found.Definitions, found.Shared
	for _, one := range found.Registrations {
		made.IDs = append(made.IDs, one.ID)
	}
	for _, path := range found.Definitions {
		text, _ := l.Host.Read(path)
		made.Definitions = append(made.Definitions, definition.Details(path, text)...)
	}
	made.Definitions = append(made.Definitions, l.keptByConsul(found)...)
	for _, unit := range found.Units {
		made.Units = append(made.Units, l.madeUnit(ctx, unit))
	}
}

// keptByConsul are definitions that came through Consul's API, as far as Consul keeps them.
func (l *looker) keptByConsul(found *instance.ByHand) []document.MadeDefinition {
	var checks []document.MadeCheck
	for _, path := range found.KeptFiles() {
		text, _ := l.Host.Read(path)
		if check, isCheck := definition.Persisted(text); isCheck {
			checks = append(checks, check)
		}
	}
	if len(checks) == 0 {
		return nil
	}
	return []document.MadeDefinition{{File: "Consul's API", ID: found.Name, Checks: checks}}
}

func (l *looker) madeUnit(ctx context.Context, unit systemd.Unit) document.MadeUnit {
	made := document.MadeUnit{Name: unit.Name, File: unit.FragmentPath, State: unit.ActiveState}
	settings, err := l.Node.Units.Settings(ctx, unit.Name)
	if err != nil {
		return made
	}
	made.Command, made.CutArguments = cutArguments(settings.Command)
	if len(settings.Command) > 0 {
		made.SHA256, _ = content.SHA256(l.Host.Path(settings.Command[0]))
	}
	made.Environment, made.Secrets = cutEnvironment(settings.Environment)
	made.EnvironmentFiles, made.User, made.WorkingDirectory = settings.EnvironmentFiles, settings.User, settings.WorkingDirectory
	made.MemoryMax, made.CPUQuota = settings.MemoryMax, settings.CPUQuota
	for _, path := range append([]string{unit.FragmentPath}, unit.DropInPaths...) {
		text, _ := l.Host.Read(path)
		made.Envoy = made.Envoy || len(instance.ProxiesOf(string(text))) > 0 || strings.Contains(string(text), "connect envoy")
		made.Others = append(made.Others, otherDirectives(string(text))...)
	}
	slices.Sort(made.Others)
	made.Others = slices.Compact(made.Others)
	return made
}

// asked are directives that Settings has, and those that Gatehouse's own units set for every program.
var asked = []string{"ExecStart", "Environment", "EnvironmentFile", "User", "WorkingDirectory", "MemoryMax", "CPUQuota", "Restart", "RestartSec"}

var directive = regexp.MustCompile(`^([A-Z][A-Za-z]+)\s*=`)

func otherDirectives(unit string) []string {
	var others []string
	section := ""
	for _, line := range strings.Split(unit, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = line
		}
		if found := directive.FindStringSubmatch(line); section == "[Service]" && found != nil && !slices.Contains(asked, found[1]) {
			others = append(others, found[1])
		}
	}
	return others
}
