package fake

import (
	"context"
	"strings"

	"gatehouse/node/instance"
)

// Executable implements instance.Processes.
func (p *Processes) Executable(pid int) string {
	path, _ := p.executable(pid)
	return path
}

// ExecutableSHA256 implements instance.Processes.
func (p *Processes) ExecutableSHA256(pid int) string {
	_, sha256 := p.executable(pid)
	return sha256
}

func (p *Processes) executable(pid int) (path, sha256 string) {
	for _, unit := range p.names() {
		state, _ := p.units.Unit(context.Background(), unit)
		if one, runs := p.running(unit); runs && state.MainPID == pid {
			return one.executable, one.sha256
		}
	}
	return "", ""
}

// Listens implements instance.Processes.
func (p *Processes) Listens(port int) bool { return p.Foreign[port] != "" || p.holder(port) != "" }

// Serves implements instance.Processes.
func (p *Processes) Serves(group string, port int) bool {
	holder := p.holder(port)
	return holder != "" && group == "/system.slice/"+holder
}

// Holder implements instance.Processes.
func (p *Processes) Holder(port int) string {
	if p.Foreign[port] != "" {
		return p.Foreign[port]
	}
	return p.holder(port)
}

// Holders implements instance.Processes.
func (p *Processes) Holders(_ string, port int) []instance.Holding {
	if p.Foreign[port] != "" {
		return []instance.Holding{{PID: 4711, Program: p.Foreign[port]}}
	}
	unit := p.holder(port)
	if unit == "" {
		return nil
	}
	state, _ := p.units.Unit(context.Background(), unit)
	return []instance.Holding{{PID: state.MainPID, Program: "program", Unit: unit}}
}

// Open implements instance.Processes.
func (p *Processes) Open(group string) []string {
	return p.OpenSockets[strings.TrimPrefix(group, "/system.slice/")]
}
