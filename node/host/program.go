package host

import (
	"errors"
	"os"
	"path/filepath"

	"gatehouse/node/document"
)

// ProgramOf a mesh on this node: two teams may have two versions of this program, and each document needs its own.
func ProgramOf(mesh string) string {
	return filepath.Join(filepath.Dir(Program), mesh, filepath.Base(Program))
}

// programs are the meshes that have one here.
func (h *Host) programs() []string {
	var meshes []string
	for _, name := range h.List(filepath.Dir(Program)) {
		info, err := os.Stat(h.Path(filepath.Join(filepath.Dir(Program), name)))
		if err == nil && info.IsDir() && document.ValidName(name) {
			meshes = append(meshes, name)
		}
	}
	return meshes
}

// RanOf is the folder with the records of a mesh's programs that ran; see package ran.
func RanOf(mesh string) string { return filepath.Join(Ran, mesh) }

// RemoveProgram of a mesh, and what it recorded of itself. The units and the `mesh` command then use the newest program of another mesh; without another
// mesh, nothing is left.
func (h *Host) RemoveProgram(mesh string) error {
	err := errors.Join(h.Remove(filepath.Dir(ProgramOf(mesh))), h.Remove(RanOf(mesh)))
	h.RemoveEmpty(Ran)
	if newest := h.newestProgram(); newest != "" {
		return errors.Join(err, h.Link(newest+"/"+filepath.Base(Program), Program))
	}
	for _, agent := range []string{"agent.json", "agent.conf"} {
		if h.Exists(filepath.Join(Gatehouse, agent)) {
			return err // an earlier version set it up for another mesh, and its removal needs the program
		}
	}
	return errors.Join(err, h.Remove(filepath.Dir(Program)))
}

func (h *Host) newestProgram() (newest string) {
	var when int64
	for _, mesh := range h.programs() {
		info, err := os.Stat(h.Path(ProgramOf(mesh)))
		if err == nil && info.ModTime().UnixNano() > when {
			newest, when = mesh, info.ModTime().UnixNano()
		}
	}
	return newest
}
