// Package fake is a systemd in memory, for tests.
package fake

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"sync"

	"gatehouse/node/systemd"
)

// Manager is a systemd.Manager in memory. All its methods may be used at the same time.
type Manager struct {
	// Folder holds the unit files. "": every unit has one. It is read when systemd would read it: at DaemonReload, and at a
	// request for a unit that had no file.
	Folder string
	// Runtime is a further folder of unit files, for units that are gone with the next boot. "": there is none.
	Runtime string
	// OnStart is called as a unit starts or restarts; an error makes the unit fail. Nothing is locked meanwhile, so that it
	// may ask for the state of units.
	OnStart func(unit string) error
	// OnStop is called when a unit was stopped, also for a restart.
	OnStop func(unit string)
	// OnReload is called when a unit reloads.
	OnReload func(unit string) error
	// OnSignal is called when a unit's main process gets a signal.
	OnSignal func(unit string, signal int)
	// Fault is called before each change, for example with "start web.service". The change fails with its error.
	Fault func(change string) error
	// VerifyError is the error of Verify.
	VerifyError error
	// Services are the settings of units.
	Services map[string]systemd.Settings
	// Journals are the lines of each unit.
	Journals map[string]string

	mutex  sync.Mutex
	units  map[string]*systemd.Unit
	read   map[string]string // the unit files as they were at the last DaemonReload
	masked map[string]bool
	// isRuntime says which units were read from Runtime.
	isRuntime map[string]bool
	calls     []string
	// linked are the states from Enable and Disable for units that systemd has read, by unit.
	linked map[string]string
	pid    int
	clock  uint64
}

var _ systemd.Manager = (*Manager)(nil)

// New systemd with these units; empty fields get likely values.
func New(units ...systemd.Unit) *Manager {
	m := &Manager{units: map[string]*systemd.Unit{}, read: map[string]string{}, masked: map[string]bool{}, isRuntime: map[string]bool{}, linked: map[string]string{}, pid: 1000}
	for _, unit := range units {
		m.Set(unit)
	}
	return m
}

// Set puts a unit into this state.
func (m *Manager) Set(unit systemd.Unit) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if unit.LoadState == "" {
		unit.LoadState = "loaded"
	}
	if unit.ActiveState == "" {
		unit.ActiveState, unit.SubState = "inactive", "dead"
	}
	if unit.ActiveState == "active" && unit.MainPID == 0 {
		m.pid++
		unit.MainPID = m.pid
	}
	if unit.ActiveState == "active" && unit.ControlGroup == "" {
		unit.ControlGroup = "/system.slice/" + unit.Name
	}
	m.units[unit.Name] = &unit
	m.readFile(unit.Name)
}

// Mask keeps units from being started until UnmaskRuntime.
func (m *Manager) Mask(units ...string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, unit := range units {
		m.masked[unit] = true
	}
}

// Calls are the changes that were asked for, in their order: "restart web.service".
func (m *Manager) Calls() []string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return append([]string(nil), m.calls...)
}

// Forget the calls.
func (m *Manager) Forget() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.calls = nil
}

// State has a line for each unit that exists: "web.service active enabled". Equal states have equal texts.
func (m *Manager) State() string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	var lines []string
	for name, unit := range m.units {
		isForgotten := m.isRuntime[name] && m.onDisk(name) == "" // systemd unloads it
		if unit.ActiveState != "inactive" || unit.LoadState != "not-found" && !isForgotten {
			lines = append(lines, fmt.Sprintf("%s %s %s", name, unit.ActiveState, unit.UnitFileState))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// change records a call and asks for a fault.
func (m *Manager) change(words ...string) error {
	call := strings.Join(words, " ")
	m.mutex.Lock()
	m.calls = append(m.calls, call)
	m.mutex.Unlock()
	if m.Fault == nil {
		return nil
	}
	return m.Fault(call)
}

// Unit implements systemd.Manager.
func (m *Manager) Unit(ctx context.Context, name string) (systemd.Unit, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	unit := *m.unit(name)
	if m.Folder != "" {
		unit.NeedDaemonReload = unit.LoadState == "loaded" && m.onDisk(name) != m.read[name]
	}
	return unit, ctx.Err()
}

// Restarts implements systemd.Manager.
func (m *Manager) Restarts(ctx context.Context, name string) (int, error) {
	unit, err := m.Unit(ctx, name)
	return unit.Restarts, err
}

func (m *Manager) unit(name string) *systemd.Unit {
	unit, there := m.units[name]
	if !there {
		unit = &systemd.Unit{Name: name, LoadState: "loaded", ActiveState: "inactive", SubState: "dead"}
		m.units[name] = unit
		m.readFile(name)
	}
	if unit.LoadState == "not-found" && m.onDisk(name) != "" {
		m.readFile(name)
	}
	return unit
}

// ServiceNames implements systemd.Manager.
func (m *Manager) ServiceNames(ctx context.Context) ([]string, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	var names []string
	for name, unit := range m.units {
		if unit.LoadState != "not-found" && strings.HasSuffix(name, ".service") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names, ctx.Err()
}

// Close implements systemd.Manager.
func (m *Manager) Close() {}

// Settings implements systemd.Manager.
func (m *Manager) Settings(_ context.Context, name string) (systemd.Settings, error) {
	return m.Services[name], nil
}
