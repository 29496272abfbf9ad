package sweep

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"gatehouse/node/agent"
	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/secrets"
	"gatehouse/node/setup"
	"gatehouse/node/taken"
)

const drainUnit = "gatehouse-drain.service"

// Wipe removes everything that the mesh put on this node. What belongs to all meshes of the node, the `mesh` command and the
// drain unit, goes with the last one.
//
// removeAgent takes the Consul agent away; nil when it stays.
func Wipe(ctx context.Context, node *instance.Node, doc document.Wipe, removeAgent func(context.Context) error) error {
	h := node.Host
	if doc.Agent && removeAgent != nil {
		if err := agent.CheckRemoval(h, doc.Owner); err != nil {
			return err
		}
	}
	nothing, err := nothingHere(h, doc.Owner)
	if err != nil {
		return err
	}
	if nothing != "" {
		if !doc.OnDestroy && strings.HasPrefix(nothing, "this node belongs") {
			return fmt.Errorf("%s; take it out of the nodes of %s", nothing, doc.Mesh)
		}
		h.Say("%s", nothing)
		return nil
	}
	unlock, err := h.Lock(ctx, "sweep")
	if err != nil {
		return fmt.Errorf("%w; nothing was removed", err)
	}
	defer unlock()
	own, err := propertyOf(h, doc.Mesh)
	if err != nil {
		return err
	}
	s := &sweep{Node: node, Sweep: document.Sweep{Owner: doc.Owner}, property: own}
	recorded := s.recorded()
	if err := s.instances(ctx); err != nil {
		return err
	}
	if !own.alone {
		// Without other meshes everything goes.
		if err := errors.Join(s.leftovers(ctx, recorded), s.secrets(ctx), s.binaries(ctx)); err != nil {
			return err
		}
	}
	return s.leave(ctx, doc, removeAgent)
}

// nothingHere says why there is nothing to remove; "" when there may be something.
func nothingHere(h *host.Host, owner document.Owner) (string, error) {
	records, err := h.Records()
	if err != nil {
		return "", err
	}
	for _, record := range records {
		if record.Earlier && record.Mesh != owner.Mesh {
			return fmt.Sprintf("this node belongs to the mesh %s: nothing was removed", host.Clean(record.Mesh)), nil
		}
	}
	if record, err := h.Record(owner.Mesh); err != nil || record.Mesh != "" {
		return "", err
	}
	others, err := h.Others(owner.Mesh)
	if err != nil {
		return "", err
	}
	other, err := agent.OtherMesh(h, owner)
	if err != nil || len(others) == 0 && other == "" {
		return "", err
	}
	return fmt.Sprintf("the mesh %s is not on record on this node: nothing was removed", owner.Mesh), nil
}

// leave the node. A set-up of another mesh waits meanwhile: it puts there again what it needs.
func (s *sweep) leave(ctx context.Context, doc document.Wipe, removeAgent func(context.Context) error) error {
	unlock, err := s.Host.Lock(ctx, "setup")
	if err != nil {
		return err
	}
	defer unlock()
	others, err := s.Host.OnRecord(doc.Mesh)
	if err != nil {
		return err
	}
	if len(others) == 0 {
		if err := s.removeShared(ctx, doc); err != nil {
			return err
		}
	}
	if doc.Agent && removeAgent != nil {
		if err := removeAgent(ctx); err != nil {
			return err
		}
	}
	if err := s.forget(doc.OnDestroy, len(others)); err != nil {
		return err
	}
	if len(others) > 0 {
		s.Host.Say("nothing of the mesh %s is on this node any more; what is here is of: %s", doc.Mesh, strings.Join(others, ", "))
		return nil
	}
	s.Host.Say("the node is empty")
	return nil
}

// removeShared removes what is there for all meshes of the node.
func (s *sweep) removeShared(ctx context.Context, doc document.Wipe) error {
	if s.Host.Exists(filepath.Join(host.UnitDir, drainUnit)) {
		err := s.RemoveUnits(ctx, drainUnit)
		endMaintenance(ctx, s.Node, doc.Agent) // also when the unit could only be stopped
		if err != nil {
			return err
		}
	}
	return removeMeshCommand(s.Host)
}

// forget what is left of the mesh in Gatehouse's folder.
func (s *sweep) forget(keepsProgram bool, others int) error {
	h := s.Host
	if s.alone {
		failed := errors.Join(forgetAll(h, keepsProgram), h.Remove(host.Locks))
		h.RemoveEmpty(host.Secrets, host.Gatehouse)
		return failed
	}
	failed := []error{forgetOwn(h, s.mesh, keepsProgram)}
	if !keepsProgram && !hasAgent(h, s.mesh) {
		failed = append(failed, h.RemoveProgram(s.mesh))
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	return leaveRecord(h, s.mesh, others)
}

// forgetOwn removes what is this mesh's alone and of no instance.
//
// keepsProgram: on destroy this program still has work to do here; see Uninstall.
func forgetOwn(h *host.Host, mesh string, keepsProgram bool) error {
	failed := []error{h.Remove(consul.NodeTokenOf(mesh)), h.Remove(instance.Incoming(mesh))}
	if !keepsProgram {
		failed = append(failed, h.Remove(taken.TokenFile(mesh)))
	}
	if !hasAgent(h, mesh) {
		failed = append(failed, h.Remove(secrets.Arriving(mesh)))
	}
	h.RemoveEmpty(host.Incoming, host.Arriving)
	return errors.Join(failed...)
}

// leaveRecord takes the mesh off the node's records, the last thing of a wipe.
func leaveRecord(h *host.Host, mesh string, others int) error {
	if host.EarlierRecord(others) == "" {
		if err := h.Remove(host.NodeFile); err != nil {
			return err
		}
	}
	return h.Remove(host.RecordFile(mesh))
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

// hasAgent says whether the cluster stack of this mesh set up the agent here: its record and its token stay for it.
func hasAgent(h *host.Host, mesh string) bool {
	record, there, err := agent.ReadRecord(h)
	return there && (err != nil || record.Mesh == "" || record.Mesh == mesh)
}

// hasAnyAgent says whether the cluster stack of any mesh did.
func hasAnyAgent(h *host.Host) bool {
	_, there, _ := agent.ReadRecord(h)
	return there
}

// handoverToken of an earlier version: `expand remove` comes later, needs it, and removes it.
const handoverToken = "_handover.token"

// forgetAll removes what is left in Gatehouse's folder.
//
// keepsProgram: on destroy this program still has work to do here; see Uninstall.
func forgetAll(h *host.Host, keepsProgram bool) error {
	hasAgent := hasAnyAgent(h)
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
		if name == handoverToken || hasAgent && strings.HasPrefix(name, "_") || keepsProgram && strings.HasPrefix(name, taken.TokenPrefix) {
			continue
		}
		failed = append(failed, h.Remove(filepath.Join(host.Secrets, name)))
	}
	return errors.Join(failed...)
}

// Uninstall removes this program, the last thing of a mesh on a node, and what a deploy brought that never came to set the
// node up. One that the agent still needs for its removal stays.
func Uninstall(h *host.Host, owner document.Owner) error {
	if hasAgent(h, owner.Mesh) {
		return nil
	}
	if err := h.CheckOwner(owner); err != nil {
		return nil //nolint:nilerr // an earlier version gave the node to another mesh
	}
	if err := errors.Join(removeClaims(h, owner.Mesh), forgetOwn(h, owner.Mesh, false), h.RemoveProgram(owner.Mesh)); err != nil {
		return err
	}
	defer h.RemoveEmpty(host.Secrets, host.Instances, host.Gatehouse)
	others, err := h.Others(owner.Mesh)
	if err != nil || len(others) > 0 || hasAnyAgent(h) {
		return err
	}
	failed := []error{h.Remove(host.Arriving), h.Remove(host.Locks)}
	if record, err := h.Record(owner.Mesh); err == nil && record.Mesh == "" {
		failed = append(failed, forgetAll(h, false))
	}
	return errors.Join(failed...)
}

// removeClaims of a mesh: names of which no release came.
func removeClaims(h *host.Host, mesh string) error {
	var failed []error
	for _, name := range instance.OwnedBy(h, mesh) {
		if len(h.List(filepath.Join(instance.Home(name), "releases"))) == 0 {
			failed = append(failed, h.Remove(instance.TokenFile(name)), h.Remove(instance.Home(name)))
		}
	}
	return errors.Join(failed...)
}
