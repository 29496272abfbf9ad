package agent

import (
	"context"
	"fmt"
	"path/filepath"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/secrets"
	"gatehouse/node/systemd"
	"gatehouse/node/undo"
)

// transaction sets up the agent. If anything ends it early, its changes are undone.
type transaction struct {
	h       *host.Host
	units   systemd.Manager
	tools   Tools
	doc     document.Agent
	secrets map[string]string
	undo    undo.Stack

	record Record
	// ours says that Gatehouse set up the agent that is there.
	ours bool
	// earlier says that an agent was set up before this run, by Gatehouse or by a person.
	earlier bool
	unit    systemd.Unit
	// locks of the earlier agent: see locks.
	locks string

	// heard and restart say how the agent learns the changes: a reload is enough for certificates and tokens.
	heard, restart bool
	// touched says that its process was restarted, reloaded or stopped.
	touched bool
}

// Setup sets up the Consul agent of a node and waits until it takes part in the cluster. If that fails, the node is as it was
// before.
func Setup(ctx context.Context, h *host.Host, units systemd.Manager, tools Tools, doc document.Agent) error {
	t := &transaction{h: h, units: units, tools: tools, doc: doc}
	// Before the lock: if another run holds it for too long, no secret stays behind.
	if err := t.takeSecrets(); err != nil {
		return err
	}
	release, err := h.Lock(ctx, lock)
	if err != nil {
		return err
	}
	defer release()
	if err := t.prepare(ctx); err != nil {
		return err
	}
	if err := t.change(ctx); err != nil {
		return t.goBack(ctx, err)
	}
	t.undo.Forget()
	err = undo.Clean(h, t.paths()...)
	h.RemoveEmpty(tlsDir) // of a mesh that has no certificates any more
	return err
}

// tlsFiles are those that Gatehouse writes. Others of the folder are a person's.
func tlsFiles() []string {
	var paths []string
	for _, name := range []string{"ca.pem", "server.pem", "server-key.pem", "xds-ca.pem", "xds.pem", "xds-key.pem"} {
		paths = append(paths, filepath.Join(tlsDir, name))
	}
	return paths
}

// paths of all that the transaction may change.
func (t *transaction) paths() []string {
	paths := []string{configuration, unitFile, secretsFile, tlsDir, RecordFile, legacyRecord, consul.NodeToken}
	return append(append(paths, tlsFiles()...), keyrings...)
}

// takeSecrets from the folder where they arrived. A mesh may be open on purpose, and has none then.
func (t *transaction) takeSecrets() (err error) {
	if t.doc.Secrets {
		t.secrets, err = secrets.Take(t.h, t.doc.Mesh, "agent")
	}
	return err
}

// prepare changes nothing.
func (t *transaction) prepare(ctx context.Context) (err error) {
	if err = CheckOwner(t.h, t.doc.Owner); err != nil {
		return err
	}
	if err = t.check(); err != nil {
		return err
	}
	if err = t.validate(ctx); err != nil {
		return err
	}
	if err = t.h.NeedRoom(host.Gatehouse, host.UnitDir, host.ConsulDir); err != nil {
		return err
	}
	return t.look(ctx)
}

// look at the state of the node before the change.
func (t *transaction) look(ctx context.Context) (err error) {
	if t.record, t.ours, err = ReadRecord(t.h); err != nil {
		return err
	}
	if t.unit, err = t.units.Unit(ctx, unitName); err != nil {
		return err
	}
	// A package of Consul installs a configuration and a unit, and starts nothing.
	if !t.ours {
		if t.unit.Active() && !written(t.h, t.unit.FragmentPath) {
			return fmt.Errorf("consul.service runs, and Gatehouse did not set it up: nothing was changed. Where Consul already runs on every node, write existing: true under consul in %s; if this agent is no longer needed: systemctl disable --now consul", t.doc.Mesh)
		}
		err = checkAlone(t.h, t.doc.Owner, "the Consul agent was not set up by Gatehouse: write existing: true under consul in "+t.doc.Mesh)
		if err != nil {
			return err
		}
	}
	t.earlier = t.h.Exists(configuration) && (t.h.Exists(unitFile) || t.unit.Active())
	if t.locks, err = t.locksNow(); err != nil {
		return err
	}
	// A killed run may have left its files without any agent having read them.
	t.restart = undo.Interrupted(t.h, t.paths()...)
	return nil
}

// change is the transaction as a list.
func (t *transaction) change(ctx context.Context) error {
	return undo.Steps(ctx,
		t.keepForeign,
		t.ownProcess,
		t.writeRecord,
		t.addUser,
		t.makeFolders,
		t.installCertificates,
		t.installSecrets,
		t.removeKeyrings,
		t.installConfiguration,
		t.installUnit,
		t.start,
		t.takePart,
	)
}

// goBack undoes the changes, and says in which state the node is.
func (t *transaction) goBack(ctx context.Context, why error) error {
	if t.undo.Empty() {
		return fmt.Errorf("%w; nothing was changed", why)
	}
	t.journal(ctx)
	if err := t.undo.Run(ctx); err != nil {
		return fmt.Errorf("%w; this node could not go back to how it was: %w. Correct that and deploy again; %s", why, err, journal)
	}
	return fmt.Errorf("%w; %s", why, t.outcome())
}

// outcome says in words in which state the node is after going back.
func (t *transaction) outcome() string {
	switch {
	case !t.earlier && !t.unit.Active():
		return "what this run had put on the node was removed again"
	case !t.touched:
		return "the earlier files are back, and the agent was left alone"
	case !t.unit.Active():
		return "this node went back to the earlier configuration, with the agent stopped as it was"
	}
	return "this node went back to the earlier configuration, and the agent was restarted with it"
}

// journal prints the end of the agent's journal if the agent may be the cause.
func (t *transaction) journal(ctx context.Context) {
	if t.touched {
		fmt.Fprint(t.h.Out, host.Clean(t.units.Journal(context.WithoutCancel(ctx), unitName, 20)))
	}
}
