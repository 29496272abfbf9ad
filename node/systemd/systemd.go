// Package systemd talks to the service manager of a node, over D-Bus.
package systemd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/dbus"
)

// Unit as systemd knows it.
type Unit struct {
	Name string
	// LoadState is "not-found" where there is no file of this name.
	LoadState     string
	ActiveState   string
	SubState      string
	UnitFileState string
	FragmentPath  string
	DropInPaths   []string
	// NeedDaemonReload says that the file changed since systemd read it.
	NeedDaemonReload bool
	// ActiveEnter is when the unit last became active, in microseconds since the node started.
	ActiveEnter uint64
	// Since is the same by the clock; zero when it never was.
	Since   time.Time
	MainPID int
	// Restarts counts systemd's own since a person or a program last started the unit.
	Restarts     int
	ControlGroup string
}

// Active says whether it runs.
func (u Unit) Active() bool { return u.ActiveState == "active" }

// Manager is systemd.
type Manager interface {
	// Unit returns the state of a unit; a missing one has LoadState "not-found".
	Unit(ctx context.Context, name string) (Unit, error)
	// Settings of a service's unit with its drop-ins, as systemd has read them.
	Settings(ctx context.Context, name string) (Settings, error)
	// Restarts is only that field of Unit, for frequent requests.
	Restarts(ctx context.Context, name string) (int, error)
	// ServiceNames are the names of all units of type service, loaded or on the disk.
	ServiceNames(ctx context.Context) ([]string, error)
	DaemonReload(ctx context.Context) error
	// Start, Stop and Restart wait until it is done; all units at the same time.
	Start(ctx context.Context, units ...string) error
	Stop(ctx context.Context, units ...string) error
	Restart(ctx context.Context, units ...string) error
	// Reload has the unit's process read its configuration again.
	Reload(ctx context.Context, unit string) error
	// Signal the unit's main process.
	Signal(ctx context.Context, unit string, signal int) error
	// Enable and Disable only change links: the caller has to call DaemonReload.
	Enable(ctx context.Context, units ...string) error
	Disable(ctx context.Context, units ...string) error
	// ResetFailed forgets failures and sets the count of restarts to 0.
	ResetFailed(ctx context.Context, units ...string) error
	// UnmaskRuntime removes a mask that ends with the next boot.
	UnmaskRuntime(ctx context.Context, units ...string) error
	// Verify checks unit files that are not installed yet; its error has systemd's message.
	Verify(ctx context.Context, files ...string) error
	// Journal has the last lines of a unit.
	Journal(ctx context.Context, unit string, lines int) string
	Close()
}

// Connect to systemd's own socket, which needs no D-Bus daemon.
func Connect(ctx context.Context) (Manager, error) {
	connect := func() (*dbus.Conn, error) { return dbus.NewSystemdConnectionContext(ctx) }
	conn, err := connect()
	if err != nil {
		return nil, fmt.Errorf("systemd does not answer: %w", err)
	}
	return &manager{conn: conn, connect: connect}, nil
}

// Unit asks for each property by itself: all of them together would have systemd read statistics of the control group.
func (m *manager) Unit(ctx context.Context, name string) (Unit, error) {
	unit := Unit{Name: name}
	bus := m.bus()
	var since uint64
	var pid, restarts uint32
	type question struct {
		property string
		ask      func(ctx context.Context, unit, property string) (*dbus.Property, error)
		into     any
	}
	questions := []question{
		{"LoadState", bus.GetUnitPropertyContext, &unit.LoadState},
		{"ActiveState", bus.GetUnitPropertyContext, &unit.ActiveState},
		{"SubState", bus.GetUnitPropertyContext, &unit.SubState},
		{"UnitFileState", bus.GetUnitPropertyContext, &unit.UnitFileState},
		{"FragmentPath", bus.GetUnitPropertyContext, &unit.FragmentPath},
		{"DropInPaths", bus.GetUnitPropertyContext, &unit.DropInPaths},
		{"NeedDaemonReload", bus.GetUnitPropertyContext, &unit.NeedDaemonReload},
		{"ActiveEnterTimestampMonotonic", bus.GetUnitPropertyContext, &unit.ActiveEnter},
		{"ActiveEnterTimestamp", bus.GetUnitPropertyContext, &since},
	}
	if strings.HasSuffix(name, ".service") { // a socket has none of these
		questions = append(questions,
			question{"MainPID", ofService(bus), &pid},
			question{"NRestarts", ofService(bus), &restarts},
			question{"ControlGroup", ofService(bus), &unit.ControlGroup})
	}
	for _, one := range questions {
		property, err := one.ask(ctx, name, one.property)
		if err == nil {
			err = property.Value.Store(one.into)
		}
		if err != nil {
			return Unit{}, fmt.Errorf("systemd does not say the %s of %s: %w", one.property, name, err)
		}
	}
	unit.MainPID, unit.Restarts = int(pid), int(restarts)
	if since > 0 {
		unit.Since = time.UnixMicro(int64(since))
	}
	return unit, nil
}

// Restarts implements Manager.
func (m *manager) Restarts(ctx context.Context, name string) (int, error) {
	property, err := m.bus().GetUnitTypePropertyContext(ctx, name, "Service", "NRestarts")
	var restarts uint32
	if err == nil {
		err = property.Value.Store(&restarts)
	}
	if err != nil {
		return 0, fmt.Errorf("systemd does not say the restarts of %s: %w", name, err)
	}
	return int(restarts), nil
}

func ofService(bus *dbus.Conn) func(ctx context.Context, unit, property string) (*dbus.Property, error) {
	return func(ctx context.Context, unit, property string) (*dbus.Property, error) {
		return bus.GetUnitTypePropertyContext(ctx, unit, "Service", property)
	}
}

func (m *manager) ServiceNames(ctx context.Context) ([]string, error) {
	loaded, err := m.bus().ListUnitsByPatternsContext(ctx, nil, []string{"*.service"})
	if err != nil {
		return nil, err
	}
	files, err := m.bus().ListUnitFilesByPatternsContext(ctx, nil, []string{"*.service"})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, unit := range loaded {
		seen[unit.Name] = true
	}
	for _, file := range files {
		seen[file.Path[strings.LastIndex(file.Path, "/")+1:]] = true
	}
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	return names, nil
}

func (m *manager) DaemonReload(ctx context.Context) error { return m.bus().ReloadContext(ctx) }

func (m *manager) Enable(ctx context.Context, units ...string) error {
	_, _, err := m.bus().EnableUnitFilesContext(ctx, units, false, true)
	return err
}

func (m *manager) Disable(ctx context.Context, units ...string) error {
	_, err := m.bus().DisableUnitFilesContext(ctx, units, false)
	return err
}

func (m *manager) ResetFailed(ctx context.Context, units ...string) error {
	for _, unit := range units {
		// A unit that is not loaded has no failure.
		_ = m.bus().ResetFailedUnitContext(ctx, unit)
	}
	return nil
}

func (m *manager) UnmaskRuntime(ctx context.Context, units ...string) error {
	_, err := m.bus().UnmaskUnitFilesContext(ctx, units, true)
	return err
}
