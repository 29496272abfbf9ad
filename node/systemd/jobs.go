package systemd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/dbus"
)

const (
	// again is how often systemd is asked after it closed the connection.
	again = 200 * time.Millisecond
	// reconnects is how long a systemd that restarts itself may take to listen.
	reconnects = 10 * time.Second
)

// manager talks to systemd over a connection that systemd closes when it restarts itself, as on an upgrade. Every step of a
// way back needs systemd, so the manager connects again.
type manager struct {
	connect func() (*dbus.Conn, error)
	one     sync.Mutex
	conn    *dbus.Conn
}

// bus is the connection. If connecting again fails it is the closed one, and each request fails with that.
func (m *manager) bus() *dbus.Conn {
	m.one.Lock()
	defer m.one.Unlock()
	for deadline := time.Now().Add(reconnects); !m.conn.Connected() && time.Now().Before(deadline); {
		conn, err := m.connect()
		if err == nil {
			m.conn.Close()
			m.conn = conn
			break
		}
		time.Sleep(again)
	}
	return m.conn
}

func (m *manager) Close() { m.conn.Close() }

func (m *manager) Start(ctx context.Context, units ...string) error {
	conn := m.bus()
	return m.jobs(conn, "start", conn.StartUnitContext, isActive).do(ctx, units)
}

func (m *manager) Stop(ctx context.Context, units ...string) error {
	conn := m.bus()
	return m.jobs(conn, "stop", conn.StopUnitContext, isInactive).do(ctx, units)
}

func (m *manager) Restart(ctx context.Context, units ...string) error {
	conn := m.bus()
	return m.jobs(conn, "restart", conn.RestartUnitContext, isActive).do(ctx, units)
}

func (m *manager) Reload(ctx context.Context, unit string) error {
	conn := m.bus()
	return m.jobs(conn, "reload", conn.ReloadUnitContext, isActive).do(ctx, []string{unit})
}

func (m *manager) Signal(ctx context.Context, unit string, signal int) error {
	return m.bus().KillUnitWithTarget(ctx, unit, dbus.Main, int32(signal))
}

func isActive(state string) bool { return state == "active" }

func isInactive(state string) bool { return state == "inactive" || state == "failed" }

// jobs of systemd, one for each unit, that run at the same time.
type jobs struct {
	verb  string
	begin func(ctx context.Context, name, mode string, done chan<- string) (int, error)
	// lost says that systemd closed the connection, so that no result will arrive.
	lost func() bool
	// look at a unit over a new connection: whether it has a job, and its ActiveState.
	look func(ctx context.Context, unit string) (busy bool, state string, err error)
	// done says whether this is the ActiveState that the job leads to.
	done func(state string) bool
	poll time.Duration
}

func (m *manager) jobs(conn *dbus.Conn, verb string, begin func(context.Context, string, string, chan<- string) (int, error), done func(string) bool) jobs {
	return jobs{verb, begin, func() bool { return !conn.Connected() }, m.look, done, again}
}

func (m *manager) look(ctx context.Context, unit string) (busy bool, state string, err error) {
	properties, err := m.bus().GetUnitPropertiesContext(ctx, unit)
	if err != nil {
		return false, "", err
	}
	job, _ := properties["Job"].([]any) // its number and its path
	state, _ = properties["ActiveState"].(string)
	return len(job) > 0 && job[0] != uint32(0), state, nil
}

// do begins the jobs, and waits until they are done.
func (j jobs) do(ctx context.Context, units []string) error {
	results := make([]chan string, len(units))
	var failed []error
	for i, unit := range units {
		results[i] = make(chan string, 1)
		if _, err := j.begin(ctx, unit, "replace", results[i]); err != nil {
			failed = append(failed, fmt.Errorf("systemd does not %s %s: %w", j.verb, unit, err))
			results[i] = nil
		}
	}
	for i, unit := range units {
		if results[i] != nil {
			failed = append(failed, j.wait(ctx, unit, results[i]))
		}
		if ctx.Err() != nil {
			return errors.Join(append(failed, ctx.Err())...)
		}
	}
	return errors.Join(failed...)
}

// wait for the result of a unit's job.
func (j jobs) wait(ctx context.Context, unit string, result <-chan string) error {
	tick := time.NewTicker(j.poll)
	defer tick.Stop()
	for {
		select {
		case text := <-result:
			if text != "done" {
				return fmt.Errorf("systemd could not %s %s: %s", j.verb, unit, text)
			}
			return nil
		case <-ctx.Done():
			return nil // do reports it
		case <-tick.C:
		}
		if !j.lost() || len(result) > 0 {
			continue
		}
		// systemd keeps its jobs when it restarts itself.
		switch busy, state, err := j.look(ctx, unit); {
		case err != nil:
			return fmt.Errorf("systemd closed the connection, and does not say whether it could %s %s: %w", j.verb, unit, err)
		case !busy && j.done(state):
			return nil
		case !busy:
			return fmt.Errorf("systemd could not %s %s: it is %s", j.verb, unit, state)
		}
	}
}
