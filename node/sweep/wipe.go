package sweep

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"gatehouse/node/agent"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/setup"
)

const (
	drainUnit = "gatehouse-drain.service"
	fenceUnit = "gatehouse-fence.service"
)

// Wipe removes everything that the mesh put on this node. The `mesh` command and the drain unit, which all meshes of the node
// share, are removed with the last one.
//
// removeAgent removes the Consul agent; nil when it stays.
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
	s := &sweep{Node: node, Sweep: document.Sweep{Owner: doc.Owner}, property: property{h, doc.Mesh}}
	recorded := s.recorded()
	if err := s.instances(ctx); err != nil {
		return err
	}
	if err := errors.Join(s.leftovers(ctx, recorded), s.secrets(ctx), s.fences(ctx), s.binaries(ctx)); err != nil {
		return err
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
	if err != nil || len(withOwners(h, owner.Mesh, others)) == 0 && other == "" {
		return "", err
	}
	return fmt.Sprintf("the mesh %s is not on record on this node: nothing was removed", owner.Mesh), nil
}

// leave the node. A set-up of another mesh waits meanwhile, and then installs again what it needs.
func (s *sweep) leave(ctx context.Context, doc document.Wipe, removeAgent func(context.Context) error) error {
	unlock, err := s.Host.Lock(ctx, "setup")
	if err != nil {
		return err
	}
	defer unlock()
	onRecord, err := s.Host.OnRecord(doc.Mesh)
	if err != nil {
		return err
	}
	others := withOwners(s.Host, doc.Mesh, onRecord)
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
	if err := s.forget(doc.OnDestroy, len(onRecord)); err != nil {
		return err
	}
	if len(others) > 0 {
		s.Host.Say("nothing of the mesh %s is on this node any more; it still has: %s", doc.Mesh, strings.Join(others, ", "))
		return nil
	}
	s.Host.Say("the node is empty")
	return nil
}

// removeShared removes what all meshes of the node share.
func (s *sweep) removeShared(ctx context.Context, doc document.Wipe) error {
	if s.Host.Exists(filepath.Join(host.UnitDir, drainUnit)) {
		err := s.RemoveUnits(ctx, drainUnit)
		endMaintenance(ctx, s.Node, doc.Agent) // also when the unit could only be stopped
		if err != nil {
			return err
		}
	}
	if s.Host.Exists(filepath.Join(host.UnitDir, fenceUnit)) {
		if err := s.RemoveUnits(ctx, fenceUnit); err != nil {
			return err
		}
	}
	return errors.Join(s.Host.Remove(host.Bootstraps), s.Host.Remove(host.Health), removeMeshCommand(s.Host))
}

// removeMeshCommand unless another program has its name.
func removeMeshCommand(h *host.Host) error {
	if !setup.IsMeshCommand(h) {
		return nil
	}
	return h.Remove(host.MeshFile)
}

// endMaintenance of the node, which the drain unit sets when it stops. An agent that is about to be removed need not learn of
// it.
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
