package sweep

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/agent"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/setup"
)

const drainUnit = "gatehouse-drain.service"

// Wipe removes everything that the mesh put on this node. A node that belongs to another mesh is left as it is.
//
// removeAgent takes the Consul agent away; nil when it stays.
func Wipe(ctx context.Context, node *instance.Node, doc document.Wipe, removeAgent func(context.Context) error) error {
	h := node.Host
	other, err := foreignMesh(h, doc.Owner)
	if err != nil {
		return err
	}
	if other != "" {
		if doc.OnDestroy {
			h.Say("this node belongs to the mesh %s: nothing was removed", other)
			return nil
		}
		return fmt.Errorf("this node belongs to the mesh %s: nothing was removed; take it out of the nodes of %s", host.Clean(other), doc.Mesh)
	}
	unlock, err := h.Lock(ctx, "sweep")
	if err != nil {
		return fmt.Errorf("%w; nothing was removed", err)
	}
	defer unlock()
	if err := (&sweep{Node: node}).instances(ctx); err != nil {
		return err
	}
	if h.Exists(filepath.Join(host.UnitDir, drainUnit)) {
		err := node.RemoveUnits(ctx, drainUnit)
		endMaintenance(ctx, node, doc.Agent) // also when the unit could only be stopped
		if err != nil {
			return err
		}
	}
	failed := []error{removeMeshCommand(h)}
	if doc.Agent && removeAgent != nil {
		if err := removeAgent(ctx); err != nil {
			return err
		}
	}
	failed = append(failed, forgetAll(h, doc.OnDestroy), h.Remove(host.Locks))
	h.RemoveEmpty(host.Secrets, host.Gatehouse)
	if err := errors.Join(failed...); err != nil {
		return err
	}
	h.Say("the node is empty")
	return nil
}

// removeMeshCommand unless another program has its name.
func removeMeshCommand(h *host.Host) error {
	if !setup.IsMeshCommand(h) {
		return nil
	}
	return h.Remove(host.MeshFile)
}

// endMaintenance of the node, which the drain unit sets when it stops. An agent that is about to go need not hear of it.
func endMaintenance(ctx context.Context, node *instance.Node, agentGoes bool) {
	ctx = context.WithoutCancel(ctx)
	var err error
	ended := func() bool {
		err = node.Agent.NodeMaintenance(ctx, false)
		return err == nil || agentGoes
	}
	if !host.Wait(ctx, node.Timing.Offered, node.Timing.Poll, ended) {
		node.Host.Say("warning: the node may still be in maintenance mode (%v); see: consul maint", err)
	}
}

// agentRecords say that the cluster stack set up the agent here: its record and its token stay for it.
var agentRecords = []string{host.Gatehouse + "/agent.json", host.Gatehouse + "/agent.conf"}

// hasAgent says whether the cluster stack set up the agent here.
func hasAgent(h *host.Host) bool { return slices.ContainsFunc(agentRecords, h.Exists) }

// handoverToken of an earlier version: `expand remove` comes later, needs it, and removes it.
const handoverToken = "_handover.token"

// forgetAll removes what is left in Gatehouse's folder.
//
// keepsProgram: on destroy this program still has work to do here; see Uninstall.
func forgetAll(h *host.Host, keepsProgram bool) error {
	hasAgent := hasAgent(h)
	var failed []error
	for _, name := range h.List(host.Gatehouse) {
		keeps := name == "secrets" ||
			name == "bin" && (keepsProgram || hasAgent) ||
			hasAgent && (strings.HasPrefix(name, "agent.") || name == "incoming-secrets")
		if !keeps {
			failed = append(failed, h.Remove(filepath.Join(host.Gatehouse, name)))
		}
	}
	for _, name := range h.List(host.Secrets) {
		if name == handoverToken || hasAgent && strings.HasPrefix(name, "_") {
			continue
		}
		failed = append(failed, h.Remove(filepath.Join(host.Secrets, name)))
	}
	return errors.Join(failed...)
}

// foreignMesh is the other mesh that the node, or its agent, belongs to; "" when there is none.
func foreignMesh(h *host.Host, owner document.Owner) (string, error) {
	other, err := h.ForeignMesh(owner)
	if err != nil || other != "" {
		return other, err
	}
	record, _, err := agent.ReadRecord(h)
	if err != nil || record.Mesh == owner.Mesh {
		return "", err
	}
	return record.Mesh, nil
}

// Uninstall removes this program, the last thing of a mesh on a node. One of another mesh stays, and one that an agent still
// needs for its removal.
func Uninstall(h *host.Host, owner document.Owner) error {
	if other, err := foreignMesh(h, owner); err != nil || other != "" || hasAgent(h) {
		return err
	}
	err := errors.Join(h.Remove(filepath.Dir(host.Program)), h.Remove(host.Arriving), h.Remove(host.Locks))
	h.RemoveEmpty(host.Secrets, host.Gatehouse)
	return err
}
