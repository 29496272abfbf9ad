package sweep

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
)

const drainUnit = "gatehouse-drain.service"

// Wipe removes everything that the mesh put on this node. A node that belongs to another mesh is left as it is.
//
// removeAgent takes the Consul agent away; nil when it stays.
func Wipe(ctx context.Context, node *instance.Node, doc document.Wipe, removeAgent func(context.Context) error) error {
	h := node.Host
	other, err := h.ForeignMesh(doc.Owner)
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
	failed := []error{h.Remove(host.MeshFile)}
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

// handoverToken of an earlier version: `expand remove` comes later, needs it, and removes it.
const handoverToken = "_handover.token"

// forgetAll removes what is left in Gatehouse's folder.
//
// keepsProgram: on destroy this program still has work to do here; see Uninstall.
func forgetAll(h *host.Host, keepsProgram bool) error {
	hasAgent := false
	for _, path := range agentRecords {
		hasAgent = hasAgent || h.Exists(path)
	}
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

// Uninstall removes this program, the last thing of a mesh on a node. One of another mesh stays.
func Uninstall(h *host.Host, owner document.Owner) error {
	if other, err := h.ForeignMesh(owner); err != nil || other != "" {
		return err
	}
	err := errors.Join(h.Remove(filepath.Dir(host.Program)), h.Remove(host.Arriving), h.Remove(host.Locks))
	h.RemoveEmpty(host.Secrets, host.Gatehouse)
	return err
}
