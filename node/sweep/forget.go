package sweep

import (
	"errors"
	"path/filepath"
	"strings"

	"gatehouse/node/agent"
	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/secrets"
	"gatehouse/node/taken"
)

// forget removes the rest of the mesh from Gatehouse's folder.
func (s *sweep) forget(keepsProgram bool, others int) error {
	h := s.Host
	if s.alone() {
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

// forgetOwn removes the files that belong to this mesh and to none of its instances.
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

// leaveRecord removes the mesh's record, the last step of a wipe.
func leaveRecord(h *host.Host, mesh string, others int) error {
	if host.EarlierRecord(others) == "" {
		if err := h.Remove(host.NodeFile); err != nil {
			return err
		}
	}
	return h.Remove(host.RecordFile(mesh))
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

// handoverToken of an earlier version: `expand remove` runs later, needs it, and removes it.
const handoverToken = "_handover.token"

// forgetAll removes the rest of Gatehouse's folder.
//
// keepsProgram: on destroy this program still has work to do here; see Uninstall.
func forgetAll(h *host.Host, keepsProgram bool) error {
	hasAgent := hasAnyAgent(h)
	var failed []error
	if !hasAgent {
		failed = append(failed, h.Remove(host.Arriving))
	}
	for _, name := range h.List(host.Gatehouse) {
		keeps := name == "secrets" ||
			(name == "bin" || name == "ran") && (keepsProgram || hasAgent) ||
			hasAgent && strings.HasPrefix(name, "agent.")
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
