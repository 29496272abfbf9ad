package instance

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gatehouse/node/host"
	"gatehouse/node/systemd"
)

// findUnits of the workload and of its sidecars: by their names, by the proxy that they run, and by the ports of what is
// registered.
func (n *Node) findUnits(found *ByHand) ([]string, error) {
	units := slices.Clone(Units(found.Kind, found.Name))
	ids := append(append([]string{found.Name, sidecarID(found.Name)}, found.services...), found.sidecars...)
	for _, name := range n.Host.List(host.UnitDir) {
		path := filepath.Join(host.UnitDir, name)
		if !strings.HasSuffix(name, ".service") || n.wrote(path) {
			continue
		}
		text, _ := n.Host.Read(path)
		proxies := ProxiesOf(string(text))
		others := slices.DeleteFunc(slices.Clone(proxies), func(id string) bool { return slices.Contains(ids, id) })
		if len(others) == len(proxies) {
			continue
		}
		units = append(units, name)
		if len(others) > 0 {
			found.Shared = append(found.Shared, fmt.Sprintf("%s runs the sidecar of %s too: run that in a unit of its own", name, others[0]))
		}
	}
	for _, one := range found.Registrations {
		if one.Port == 0 {
			continue
		}
		for _, holding := range n.Processes.Holders(one.Address, one.Port) {
			switch name := strings.TrimSuffix(holding.Unit, ".service"); {
			case holding.Unit == found.theirs && found.theirs != "":
			case name == holding.Unit:
				found.Shared = append(found.Shared, fmt.Sprintf("port %d of %q is held by %s (process %d), which is in no unit of systemd: stop it, or run it as one",
					one.Port, one.ID, holding.Program, holding.PID))
			case Reserved(name) || runsOthers.MatchString(name) && name != found.Name:
				found.Shared = append(found.Shared, fmt.Sprintf("port %d of %q is held by %s", one.Port, one.ID, holding.Unit))
			default:
				units = append(units, holding.Unit)
			}
		}
	}
	units = slices.DeleteFunc(units, func(unit string) bool { return unit == found.theirs })
	slices.Sort(units)
	return slices.Compact(units), nil
}

// runsOthers are units whose processes belong to several programs of other units, containers or people.
var runsOthers = regexp.MustCompile(`^(docker|containerd|podman|crio|supervisord?|nomad|k3s|kubelet|cron|crond|atd|sshd?|user@.*|ssh@.*|sshd@.*)$`)

var runsProxy = regexp.MustCompile(`-(?:sidecar-for|proxy-id)(?:\s*=\s*|\s+)["']?([^\s"'\\]+)`)

// ProxiesOf a unit: for what, or as what, it runs an Envoy of Consul.
func ProxiesOf(unit string) []string {
	var ids []string
	for _, match := range runsProxy.FindAllStringSubmatch(withoutComments(unit), -1) {
		ids = append(ids, match[1])
	}
	return ids
}

func withoutComments(unit string) string {
	lines := strings.Split(unit, "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool {
		line = strings.TrimSpace(line)
		return strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";")
	})
	return strings.ReplaceAll(strings.Join(lines, "\n"), "\\\n", " ")
}

var adminBind = regexp.MustCompile(`-admin-bind(?:\s*=\s*|\s+)["']?[^\s"']*:(\d+)`)

// usualAdmin is where an Envoy has its admin page unless it was told otherwise.
const usualAdmin = 19000

// adminPort of the Envoy that a unit runs; 0 when it runs none, or when it does not answer there.
func (n *Node) adminPort(unit systemd.Unit) int {
	text, err := n.Host.Read(unit.FragmentPath)
	if err != nil || !strings.Contains(string(text), "connect envoy") || !unit.Active() {
		return 0
	}
	port := usualAdmin
	if match := adminBind.FindStringSubmatch(withoutComments(string(text))); match != nil {
		port, _ = strconv.Atoi(match[1])
	}
	if !n.Processes.Serves(unit.ControlGroup, port) {
		return 0
	}
	return port
}

// consulData is where Consul keeps its own.
const consulData = "/opt/consul"

// persisted is what Consul keeps of a registration that came through its API: the file of the registration itself and those
// of its checks. It reads them when it reloads.
type persisted struct {
	id, token string
	files     []string
}

func (n *Node) findPersisted(found *ByHand) {
	for _, one := range found.Registrations {
		kept := persisted{id: one.ID}
		for _, folder := range persistedFolders {
			for _, name := range n.Host.List(folder) {
				path := filepath.Join(folder, name)
				text, err := n.Host.Read(path)
				var content struct {
					Token   string
					Service struct{ ID string }
					Check   struct{ ServiceID string }
				}
				if err != nil || json.Unmarshal(text, &content) != nil {
					continue
				}
				if content.Service.ID == one.ID {
					kept.token = content.Token
				}
				if content.Service.ID == one.ID || content.Check.ServiceID == one.ID {
					kept.files = append(kept.files, path)
				}
			}
		}
		switch {
		case len(kept.files) > 0:
			found.Persisted = append(found.Persisted, kept)
		case !slices.Contains(found.defined, one.ID):
			found.unkept = append(found.unkept, one.ID)
		}
	}
}

var persistedFolders = []string{consulData + "/services", consulData + "/checks"}

func isPersisted(path string) bool { return slices.Contains(persistedFolders, filepath.Dir(path)) }

// tokens with which a registration may be changed, the likeliest first.
func (n *Node) tokens(found *ByHand, id string) []string {
	tokens := []string{n.token(found.Name), ""}
	for _, one := range found.Persisted {
		if one.id == id && one.token != "" {
			tokens = append([]string{one.token}, tokens...)
		}
	}
	return tokens
}

// withTokens tries something with each of these tokens until it goes well.
func withTokens(tokens []string, do func(token string) error) error {
	var err error
	for _, token := range tokens {
		if err = do(token); err == nil {
			return nil
		}
	}
	return err
}
