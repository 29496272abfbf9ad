package agent

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/undo"
)

// ownProcess registers how the agent's process gets back to its earlier state. It is the first step, so that it is undone
// last, when every file is back.
func (t *transaction) ownProcess(context.Context) error {
	t.undo.Add("restart the agent with the earlier configuration", func(ctx context.Context) error {
		if !t.touched || !t.unit.Active() {
			return nil
		}
		_ = t.units.ResetFailed(ctx, unitName)
		return t.units.Restart(ctx, unitName)
	})
	return nil
}

// installUnit writes the agent's unit and enables it.
func (t *transaction) installUnit(ctx context.Context) error {
	reload := t.unit.NeedDaemonReload
	t.undo.Add("have systemd read its units again", func(ctx context.Context) error {
		if !reload {
			return nil
		}
		return t.units.DaemonReload(ctx)
	})
	written, err := t.undo.Install(t.h, t.doc.Unit)
	reload, t.restart = reload || written, t.restart || written
	if err != nil {
		return err
	}
	if t.unit.UnitFileState != "enabled" {
		reload = true
		if err := t.enable(ctx); err != nil {
			return err
		}
	}
	if !reload {
		return nil
	}
	return t.units.DaemonReload(ctx)
}

func (t *transaction) enable(ctx context.Context) error {
	t.undo.Add("disable "+unitName, func(ctx context.Context) error { return t.units.Disable(ctx, unitName) })
	return t.units.Enable(ctx, unitName)
}

// start restarts, reloads or starts the agent, depending on what changed.
func (t *transaction) start(ctx context.Context) error {
	if t.unit.Active() && !t.restart && !t.heard {
		return nil
	}
	t.touched = true
	if !t.unit.Active() {
		t.undo.Add("stop the agent", func(ctx context.Context) error {
			err := t.units.Stop(ctx, unitName)
			_ = t.units.ResetFailed(ctx, unitName)
			return err
		})
	}
	var err error
	switch {
	case t.restart:
		err = t.units.Restart(ctx, unitName)
	case t.unit.Active():
		err = t.units.Reload(ctx, unitName)
	default:
		err = t.units.Start(ctx, unitName)
	}
	if ctx.Err() != nil {
		return undo.Ended(ctx)
	}
	if err != nil {
		return fmt.Errorf("the agent did not start: %w", err)
	}
	return nil
}

// takePart waits until the agent takes part in the cluster.
func (t *transaction) takePart(ctx context.Context) error {
	server := t.doc.Role == document.Server
	locks, err := t.locksNow()
	if err != nil {
		return err
	}
	// New servers elect no leader before the last of them runs. Nor do servers that are just being locked: a locked one and
	// an unlocked one cannot talk to each other.
	if server && !t.doc.Last && (!t.earlier || locks != t.locks) {
		t.h.Say("Consul's server on %s runs", t.doc.Node)
		return nil
	}
	if err := t.waitForLeader(ctx); err != nil {
		return err
	}
	// Terraform makes tokens next, and a new leader needs a moment before it knows the management token.
	if server && t.doc.ACL {
		if err := t.waitForManagementToken(ctx); err != nil {
			return err
		}
	}
	t.h.Say("Consul's agent on %s runs and sees a leader", t.doc.Node)
	return nil
}

func (t *transaction) waitForLeader(ctx context.Context) error {
	client, err := t.tools.Connect("")
	if err != nil {
		return err
	}
	if t.wait(ctx, func() bool { return client.Leader(ctx) != "" }) {
		return nil
	}
	if ctx.Err() != nil {
		return undo.Ended(ctx)
	}
	return fmt.Errorf("the agent started, and saw no leader of Consul's servers within %s", t.tools.Patience)
}

func (t *transaction) waitForManagementToken(ctx context.Context) error {
	client, err := t.tools.Connect(t.secrets["managementToken"])
	if err != nil {
		return err
	}
	if t.wait(ctx, func() bool { return client.KnowsToken(ctx) }) {
		return nil
	}
	if ctx.Err() != nil {
		return undo.Ended(ctx)
	}
	return errors.New("Consul does not know the management token of the mesh's secrets; was it set up with another one? See: journalctl -u consul -n 50")
}

func (t *transaction) wait(ctx context.Context, done func() bool) bool {
	return host.Wait(ctx, t.tools.Patience, t.tools.Poll, done)
}

// locksNow says which of TLS and gossip encryption this node has.
func (t *transaction) locksNow() (string, error) {
	now, err := readSettings(t.h)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("tls %t gossip %t", t.h.Exists(tlsDir+"/ca.pem"), now.Encrypt != ""), nil
}
