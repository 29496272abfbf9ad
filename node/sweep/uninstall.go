package sweep

import (
	"errors"
	"path/filepath"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
)

// Uninstall removes this program, the last file of a mesh on a node, and the files of a deploy that failed before it set the
// node up. The program stays as long as the agent needs it for its own removal.
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
	if err != nil || len(withOwners(h, owner.Mesh, others)) > 0 || hasAnyAgent(h) {
		return err
	}
	failed := []error{h.Remove(host.Arriving), h.Remove(host.Locks)}
	if record, err := h.Record(owner.Mesh); err == nil && record.Mesh == "" {
		failed = append(failed, forgetAll(h, false))
	}
	return errors.Join(failed...)
}

// removeClaims of a mesh: names that never got a release.
func removeClaims(h *host.Host, mesh string) error {
	var failed []error
	for _, name := range instance.OwnedBy(h, mesh) {
		if len(h.List(filepath.Join(instance.Home(name), "releases"))) == 0 {
			failed = append(failed, h.Remove(instance.TokenFile(name)), h.Remove(instance.Home(name)))
		}
	}
	return errors.Join(failed...)
}
