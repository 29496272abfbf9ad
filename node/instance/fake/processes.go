package fake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gatehouse/node/content"
	"gatehouse/node/host"
	systemdfake "gatehouse/node/systemd/fake"
)

// Words in a unit file that decide what its process does.
const (
	// DoesNotStart is for a program that systemd cannot execute.
	DoesNotStart = "does-not-start"
	// DoesNotListen is for a program that runs and opens no port.
	DoesNotListen = "does-not-listen"
)

// Processes of the node: one for each active unit. It runs the unit file as it was when it started: it listens on each
// `-port N` and `-admin-bind 127.0.0.1:N` there.
type Processes struct {
	// Foreign are processes of no unit that hold a port.
	Foreign map[int]string
	// OpenSockets that other nodes reach, by unit.
	OpenSockets map[string][]string

	host  *host.Host
	units *systemdfake.Manager
	mutex sync.Mutex
	runs  map[string]process
}

type process struct{ text, executable, sha256 string }

func newProcesses(h *host.Host, units *systemdfake.Manager) *Processes {
	return &Processes{Foreign: map[int]string{}, OpenSockets: map[string][]string{}, host: h, units: units, runs: map[string]process{}}
}

var (
	portOf   = regexp.MustCompile(`-(?:port |admin-bind 127\.0\.0\.1:)(\d+)`)
	binaryOf = regexp.MustCompile(`ExecStart=(` + host.Binaries + `/\S+)`)
)

// start is systemd's OnStart.
func (p *Processes) start(unit string) error {
	text, err := p.host.Read(filepath.Join(host.UnitDir, unit))
	if err != nil {
		text, err = p.host.Read(filepath.Join("/run/systemd/system", unit))
	}
	if err != nil {
		return err
	}
	if strings.Contains(string(text), DoesNotStart) {
		return errors.New("exec format error")
	}
	started := process{text: string(text)}
	if binary := binaryOf.FindStringSubmatch(started.text); binary != nil {
		started.executable = binary[1]
		if started.sha256, err = content.SHA256(p.host.Path(binary[1])); err != nil {
			return err
		}
	}
	name := strings.TrimSuffix(unit, ".service")
	for _, environment := range []string{filepath.Join(host.EnvDir, name+".env"), filepath.Join(host.Secrets, name+".env")} {
		variables, _ := p.host.Read(environment)
		started.text += string(variables)
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.runs[unit] = started
	return nil
}

// running is the process of a unit, if it is active.
func (p *Processes) running(unit string) (process, bool) {
	state, err := p.units.Unit(context.Background(), unit)
	if err != nil || !state.Active() {
		return process{}, false
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.runs[unit], true
}

func (p *Processes) names() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Sorted(maps.Keys(p.runs))
}

// State has a line for each process, with the unit and environment that it was started with.
func (p *Processes) State() string {
	var lines []string
	for _, unit := range p.names() {
		if one, runs := p.running(unit); runs {
			lines = append(lines, fmt.Sprintf("%s runs %s", unit, strings.Join(strings.Fields(one.text), " ")))
		}
	}
	return strings.Join(lines, "\n")
}

func (p process) ports() []int {
	if strings.Contains(p.text, DoesNotListen) {
		return nil
	}
	var ports []int
	for _, match := range portOf.FindAllStringSubmatch(p.text, -1) {
		port, _ := strconv.Atoi(match[1])
		ports = append(ports, port)
	}
	return ports
}

// holder is the unit whose process listens on a port.
func (p *Processes) holder(port int) string {
	if p.Foreign[port] != "" {
		return "" // the unit's own process got EADDRINUSE
	}
	for _, unit := range p.names() {
		if one, runs := p.running(unit); runs && slices.Contains(one.ports(), port) {
			return unit
		}
	}
	return ""
}

// healthy is the result of Consul's check of a registration: it connects, no matter which process answers.
func (p *Processes) healthy(id string) bool {
	one, runs := p.running(id + ".service")
	if !runs {
		return false
	}
	ports := portOf.FindAllStringSubmatch(one.text, -1)
	if len(ports) == 0 {
		return true
	}
	port, _ := strconv.Atoi(ports[0][1])
	return p.Listens(port)
}
