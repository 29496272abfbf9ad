package look

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/node/agent"
	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/sockets"
)

// agentPatience is how long the agent has to answer.
const agentPatience = 5 * time.Second

// agent's own page and its leader, asked with the node's token where Gatehouse has put one.
func (l *looker) agent(ctx context.Context) {
	status, self := l.ask(ctx, "agent/self")
	l.tell("agent", status, self)
	_, leader := l.ask(ctx, "status/leader")
	l.tell("leader", strings.ReplaceAll(leader, `"`, ""))
}

// largestPage of the agent that is read: it may have hundreds of registrations.
const largestPage = 16 << 20

func (l *looker) ask(ctx context.Context, path string) (status, page string) {
	ctx, cancel := context.WithTimeout(ctx, agentPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.Agent+"/v1/"+path, nil)
	if err != nil {
		return "", ""
	}
	if token := consul.TokenFor(l.Host, ""); token != "" {
		request.Header.Set("X-Consul-Token", token)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return "", ""
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, largestPage))
	return fmt.Sprint(answer.StatusCode), string(body)
}

// units as `systemctl show` tells them: a block a unit, and an empty line after it.
func (l *looker) units(ctx context.Context) {
	if l.Node.Units == nil {
		return
	}
	for _, name := range l.Questions.Units {
		unit, err := l.Node.Units.Unit(ctx, name)
		if err != nil {
			continue
		}
		for _, line := range []string{"Id=" + name, "FragmentPath=" + unit.FragmentPath, "ActiveState=" + unit.ActiveState, ""} {
			l.tell("unit", line)
		}
	}
}

// records say which meshes are on the node, which one set up the agent, and what is there of instances and binaries. Of a mesh
// that an earlier version deployed the word "earlier" is told too.
func (l *looker) records(context.Context) {
	records, _ := l.Host.Records()
	for _, record := range records {
		if record.Earlier {
			l.tell("mesh", record.Mesh, "earlier")
		} else {
			l.tell("mesh", record.Mesh)
		}
	}
	agents, _, _ := agent.ReadRecord(l.Host)
	l.tell("agentmesh", agents.Mesh)
	for _, name := range l.Host.List(host.Instances) {
		home := instance.Home(name)
		if l.Host.Exists(filepath.Join(home, "current")) {
			l.tell("instance", name, instance.OwnerOf(l.Host, name))
		}
		if l.Host.Exists(filepath.Join(home, "rolled-back")) {
			l.tell("rolledback", name)
		}
	}
	for _, binary := range l.Host.List(host.Binaries) {
		l.tell("binary", binary)
	}
}

func (l *looker) files(context.Context) {
	for _, file := range l.Files {
		if sum, err := instance.SHA256(l.Host.Path(file)); err == nil {
			l.tell("file", file, sum)
		}
	}
}

// definitions: Consul's configuration files that define one of the names. `destination_name` of an upstream is no such thing.
func (l *looker) definitions(context.Context) {
	if len(l.Names) == 0 {
		return
	}
	quoted := make([]string, len(l.Names))
	for i, name := range l.Names {
		quoted[i] = regexp.QuoteMeta(name)
	}
	defines := regexp.MustCompile(`(?:^|[^_[:alnum:]])"?name"?[ \t]*[=:][ \t]*"(` + strings.Join(quoted, "|") + `)"`)
	var lines []string
	for _, file := range l.Host.List(host.ConsulDir) {
		if extension := filepath.Ext(file); extension != ".hcl" && extension != ".json" || strings.HasPrefix(file, ".") {
			continue
		}
		path := filepath.Join(host.ConsulDir, file)
		text, _ := l.Host.Read(path)
		for _, line := range strings.Split(string(text), "\n") {
			for _, found := range defines.FindAllStringSubmatch(line, -1) {
				lines = append(lines, path+"\t"+found[1])
				l.defining = append(l.defining, path)
			}
		}
	}
	l.defining = slices.Compact(l.defining)
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		l.tell(append([]string{"definition"}, strings.Split(line, "\t")...)...)
	}
}

// settings are ids and ports in the files that define one of the names.
func (l *looker) settings(context.Context) {
	var lines []string
	for _, path := range l.defining {
		text, _ := l.Host.Read(path)
		for _, line := range strings.Split(string(text), "\n") {
			for _, found := range setting.FindAllStringSubmatch(line, -1) {
				lines = append(lines, strings.Join([]string{path, cmp.Or(found[1], found[3]), found[2] + found[4]}, "\t"))
			}
		}
	}
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		words := strings.Split(line, "\t")
		if port, err := strconv.Atoi(words[2]); err == nil && words[1] == "port" {
			l.theirPorts = append(l.theirPorts, port)
		}
		l.tell(append([]string{"setting"}, words...)...)
	}
}

var setting = regexp.MustCompile(`(?:^|[^_[:alnum:]])"?(?:(id)"?[ \t]*[=:][ \t]*"([^"]*)"|(port)"?[ \t]*[=:][ \t]*(\d+))`)

// marks are files that Gatehouse wrote, and which proxies the units of others run.
func (l *looker) marks(context.Context) {
	for _, folder := range []string{host.ConsulDir, host.UnitDir} {
		ending := map[string]string{host.ConsulDir: ".hcl", host.UnitDir: ".service"}[folder]
		for _, name := range l.Host.List(folder) {
			path := filepath.Join(folder, name)
			text, err := l.Host.Read(path)
			switch {
			case err != nil || filepath.Ext(name) != ending || strings.HasPrefix(name, "."):
			case strings.HasPrefix(string(text), instance.WrittenByUs+"."):
				l.tell("written", path)
			case folder == host.UnitDir:
				ids := instance.ProxiesOf(string(text))
				slices.Sort(ids)
				for _, id := range slices.Compact(ids) {
					l.tell("runs", path, id)
				}
			}
		}
	}
}

// registrations of the agent.
func (l *looker) registrations(ctx context.Context) {
	status, page := l.ask(ctx, "agent/services")
	if status != "200" {
		page = ""
	}
	l.tell("registrations", page)
	for _, found := range registeredPort.FindAllStringSubmatch(page, -1) {
		if port, err := strconv.Atoi(found[1]); err == nil {
			l.theirPorts = append(l.theirPorts, port)
		}
	}
}

var registeredPort = regexp.MustCompile(`"Port":(\d+)`)

// listeners on the ports, and on those of what is registered: address and port as the kernel writes them, process, unit, program.
func (l *looker) listeners(context.Context) {
	all, _ := sockets.Listening()
	all = slices.DeleteFunc(all, func(socket sockets.Socket) bool {
		return !slices.Contains(l.Ports, socket.Port) && !slices.Contains(l.theirPorts, socket.Port)
	})
	if len(all) == 0 {
		return
	}
	owners := sockets.Owners()
	for _, socket := range all {
		pid, known := owners[socket.Inode]
		if !known {
			l.tell("listener", socket.Kernel, "", "", "")
			continue
		}
		program, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		l.tell("listener", socket.Kernel, fmt.Sprint(pid), sockets.UnitOf(pid), string(program))
	}
}

// open are sockets of services that other nodes can reach.
func (l *looker) open(ctx context.Context) {
	if l.Node.Units == nil {
		return
	}
	for _, name := range l.Services {
		unit, err := l.Node.Units.Unit(ctx, name)
		if err != nil {
			continue
		}
		for _, socket := range sockets.Open(unit.ControlGroup) {
			l.tell("open", name, socket.Kernel)
		}
	}
}
