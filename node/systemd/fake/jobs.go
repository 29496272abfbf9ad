package fake

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/node/systemd"
)

// Start implements systemd.Manager.
func (m *Manager) Start(ctx context.Context, units ...string) error {
	return m.each(ctx, "start", units, func(name string) error {
		if m.state(name).Active() {
			return nil
		}
		return m.begin(name)
	})
}

// Stop implements systemd.Manager.
func (m *Manager) Stop(ctx context.Context, units ...string) error {
	return m.each(ctx, "stop", units, func(name string) error {
		m.end(name)
		return nil
	})
}

// Restart implements systemd.Manager.
func (m *Manager) Restart(ctx context.Context, units ...string) error {
	return m.each(ctx, "restart", units, func(name string) error {
		m.end(name)
		return m.begin(name)
	})
}

// Reload implements systemd.Manager.
func (m *Manager) Reload(ctx context.Context, unit string) error {
	return m.each(ctx, "reload", []string{unit}, func(name string) error {
		if !m.state(name).Active() {
			return fmt.Errorf("unit %s is not active", name)
		}
		if m.OnReload != nil {
			return m.OnReload(name)
		}
		return nil
	})
}

// Signal implements systemd.Manager.
func (m *Manager) Signal(ctx context.Context, unit string, signal int) error {
	return m.each(ctx, "signal", []string{unit}, func(name string) error {
		if !m.state(name).Active() {
			return fmt.Errorf("unit %s has no main process", name)
		}
		if m.OnSignal != nil {
			m.OnSignal(name, signal)
		}
		return nil
	})
}

func (m *Manager) each(ctx context.Context, verb string, units []string, do func(name string) error) error {
	var failed []error
	for _, name := range units {
		err := m.change(verb, name)
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = do(name)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("systemd could not %s %s: %w", verb, name, err))
		}
	}
	return errors.Join(failed...)
}

func (m *Manager) state(name string) systemd.Unit {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return *m.unit(name)
}

func (m *Manager) begin(name string) error {
	unit := m.state(name)
	if m.isMasked(name) {
		return fmt.Errorf("unit %s is masked", name)
	}
	if unit.LoadState == "not-found" {
		return fmt.Errorf("unit %s not found", name)
	}
	if m.OnStart != nil {
		if err := m.OnStart(name); err != nil {
			m.mutex.Lock()
			defer m.mutex.Unlock()
			m.unit(name).ActiveState, m.unit(name).SubState, m.unit(name).MainPID = "failed", "failed", 0
			return err
		}
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.pid++
	m.clock++
	started := m.unit(name)
	started.ActiveState, started.SubState, started.MainPID = "active", "running", m.pid
	started.ActiveEnter, started.ControlGroup = m.clock, "/system.slice/"+name
	return nil
}

func (m *Manager) isMasked(name string) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.masked[name]
}

func (m *Manager) end(name string) {
	m.mutex.Lock()
	unit := m.unit(name)
	was := unit.Active()
	if unit.ActiveState != "failed" {
		unit.ActiveState, unit.SubState = "inactive", "dead"
	}
	unit.MainPID = 0
	m.mutex.Unlock()
	if was && m.OnStop != nil {
		m.OnStop(name)
	}
}

// ResetFailed implements systemd.Manager.
func (m *Manager) ResetFailed(ctx context.Context, units ...string) error {
	return m.each(ctx, "reset-failed", units, func(name string) error {
		m.mutex.Lock()
		defer m.mutex.Unlock()
		unit := m.unit(name)
		unit.Restarts = 0
		if unit.ActiveState == "failed" {
			unit.ActiveState, unit.SubState = "inactive", "dead"
		}
		return nil
	})
}

// UnmaskRuntime implements systemd.Manager.
func (m *Manager) UnmaskRuntime(ctx context.Context, units ...string) error {
	return m.each(ctx, "unmask", units, func(name string) error {
		m.mutex.Lock()
		defer m.mutex.Unlock()
		delete(m.masked, name)
		return nil
	})
}

// Verify implements systemd.Manager.
func (m *Manager) Verify(ctx context.Context, _ ...string) error {
	if m.VerifyError != nil {
		return m.VerifyError
	}
	return ctx.Err()
}

// Journal implements systemd.Manager.
func (m *Manager) Journal(_ context.Context, unit string, _ int) string { return m.Journals[unit] }
