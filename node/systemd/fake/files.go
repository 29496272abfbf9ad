package fake

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// DaemonReload implements systemd.Manager.
func (m *Manager) DaemonReload(ctx context.Context) error {
	if err := m.change("daemon-reload"); err != nil {
		return err
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	files, _ := filepath.Glob(filepath.Join(m.Folder, "*.service"))
	for _, file := range files {
		m.unit(filepath.Base(file))
	}
	for name, state := range m.linked {
		m.unit(name).UnitFileState = state
	}
	clear(m.linked)
	for name := range m.units {
		m.readFile(name)
	}
	return ctx.Err()
}

// readFile reads a unit from the folder.
func (m *Manager) readFile(name string) {
	if m.Folder == "" {
		return
	}
	unit := m.units[name]
	m.read[name] = m.onDisk(name)
	switch {
	case m.read[name] == "":
		unit.LoadState, unit.UnitFileState, unit.FragmentPath = "not-found", "", ""
	default:
		unit.LoadState, unit.FragmentPath = "loaded", "/etc/systemd/system/"+name
		if unit.UnitFileState == "" {
			unit.UnitFileState = "disabled"
		}
	}
}

func (m *Manager) onDisk(name string) string {
	for _, folder := range []string{m.Folder, m.Runtime} {
		if text, err := os.ReadFile(filepath.Join(folder, name)); err == nil && folder != "" {
			if folder == m.Runtime {
				m.isRuntime[name] = true
			}
			return "file:" + string(text)
		}
	}
	return ""
}

// Enable implements systemd.Manager.
func (m *Manager) Enable(ctx context.Context, units ...string) error {
	return m.each(ctx, "enable", units, func(name string) error { return m.link(name, "enabled") })
}

// Disable implements systemd.Manager.
func (m *Manager) Disable(ctx context.Context, units ...string) error {
	return m.each(ctx, "disable", units, func(name string) error { return m.link(name, "disabled") })
}

// link changes the state of a unit file; a file that is not there cannot be enabled.
func (m *Manager) link(name, state string) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	had, there := m.units[name]
	known := there && had.LoadState != "not-found"
	unit := m.unit(name)
	if m.Folder != "" && m.onDisk(name) == "" {
		unit.UnitFileState = ""
		if state == "enabled" {
			return fmt.Errorf("unit file %s does not exist", name)
		}
		return nil
	}
	if !known {
		unit.UnitFileState = state
		return nil
	}
	m.linked[name] = state // systemd remembers the state of a unit that it has read until it reads all of them again
	return nil
}
