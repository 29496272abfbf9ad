package agent

import (
	"context"
	"path/filepath"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/fence"
	"gatehouse/node/host"
	"gatehouse/node/mark"
	"gatehouse/node/secrets"
	"gatehouse/node/systemd"
	"gatehouse/node/undo"
)

// Remove removes the Consul agent that Setup set up, and nothing on a node where Setup never ran. It may be run again after
// an error.
func Remove(ctx context.Context, h *host.Host, units systemd.Manager, tools Tools, doc document.AgentRemoval) error {
	release, err := h.Lock(ctx, lock)
	if err != nil {
		return err
	}
	defer release()
	record, there, err := ReadRecord(h)
	if err != nil || !there {
		return err
	}
	if err := CheckRemoval(h, doc.Owner); err != nil {
		return err
	}
	for _, path := range []string{unitFile, configuration} {
		if h.Exists(path) && !written(h, path) {
			h.Say("the Consul agent of %s stays: Gatehouse did not write the %s that is there now", doc.Node, path)
			return removeRecord(h, doc.Mesh, tools.FreePorts)
		}
	}
	if err := removeUnit(ctx, h, units, tools); err != nil {
		return err
	}
	if err := removeFiles(h, doc.Mesh); err != nil {
		return err
	}
	if record.AddedUser && tools.Users.Exists(userName) {
		if err := tools.Users.Remove(ctx, userName); err != nil {
			return err
		}
	}
	if err := removeRecord(h, doc.Mesh, tools.FreePorts); err != nil {
		return err
	}
	h.Say("the Consul agent is gone from %s", doc.Node)
	return nil
}

// written says whether Gatehouse wrote a file.
func written(h *host.Host, path string) bool {
	text, err := h.Read(path)
	return err == nil && mark.IsWritten(text)
}

// CheckRemoval refuses to take the agent away from another mesh.
func CheckRemoval(h *host.Host, owner document.Owner) error {
	if err := CheckOwner(h, owner); err != nil {
		return err
	}
	return checkAlone(h, owner, "the Consul agent cannot be removed while other meshes need it: destroy them, or retire this node there, before")
}

func removeUnit(ctx context.Context, h *host.Host, units systemd.Manager, tools Tools) error {
	unit, err := units.Unit(ctx, unitName)
	if err != nil {
		return err
	}
	if unit.Active() {
		token, _ := h.Read(consul.NodeToken)
		// The others take an agent that cannot leave for a failed one.
		if client, err := tools.Connect(strings.TrimSpace(string(token))); err == nil {
			_ = client.Leave(ctx)
		}
	}
	if err := units.Stop(ctx, unitName); err != nil && unit.LoadState != "not-found" {
		return err
	}
	if h.Exists(unitFile) {
		if err := units.Disable(ctx, unitName); err != nil {
			return err
		}
	}
	if err := h.Remove(unitFile); err != nil {
		return err
	}
	if err := units.DaemonReload(ctx); err != nil {
		return err
	}
	return units.ResetFailed(ctx, unitName)
}

func removeFiles(h *host.Host, mesh string) error {
	files := append(tlsFiles(), configuration, secretsFile, unitFile)
	for _, path := range append(files, consul.NodeToken, dataDir, secrets.Arriving(mesh)) {
		if err := h.Remove(path); err != nil {
			return err
		}
		if err := h.Remove(undo.Kept(path)); err != nil { // of a killed run
			return err
		}
	}
	if err := h.Remove(undo.Kept(tlsDir)); err != nil { // of an earlier version
		return err
	}
	h.RemoveEmpty(tlsDir, host.ConsulDir, host.Arriving)
	return nil
}

// removeRecord is the last step: with the record, an interrupted removal can go on. It also removes this program when the
// mesh has nothing else here.
func removeRecord(h *host.Host, mesh string, freePorts func() error) error {
	for _, path := range []string{undo.Kept(RecordFile), undo.Kept(legacyRecord), legacyRecord, RecordFile} {
		if err := h.Remove(path); err != nil {
			return err
		}
	}
	if err := freePorts(); err != nil {
		h.Say("warning: the ports of the agent's API could not be opened (%v); see: nft list table inet %s", err, fence.Table)
	}
	if record, err := h.Record(mesh); err == nil && record.Mesh == "" {
		if err := h.RemoveProgram(mesh); err != nil {
			return err
		}
	}
	h.RemoveEmpty(filepath.Dir(host.Program), host.Secrets, host.Gatehouse)
	if others, err := h.Others(mesh); err != nil || len(others) > 0 {
		return err
	}
	return h.Remove(host.Locks)
}
