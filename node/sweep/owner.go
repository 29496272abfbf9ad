package sweep

import (
	"fmt"
	"path/filepath"
	"slices"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/mark"
)

// property decides what on a node belongs to a mesh.
type property struct {
	h    *host.Host
	mesh string
}

// alone says that no other mesh has anything on this node: what has no owner on record is then this mesh's, since an earlier
// version recorded none. It looks each time, since another mesh may arrive while this run goes on.
func (p property) alone() bool {
	others, err := p.h.Others(p.mesh)
	return err == nil && len(withOwners(p.h, p.mesh, others)) == 0
}

// withOwners are these meshes and the other ones that have an instance on this node: the record and the program of one may be
// lost while its instances serve.
func withOwners(h *host.Host, mesh string, others []string) []string {
	for _, name := range h.List(host.Instances) {
		if owner := instance.OwnerOf(h, name); owner != "" && owner != mesh {
			others = append(others, owner)
		}
	}
	slices.Sort(others)
	return slices.Compact(others)
}

// ownsName says whether an instance of this name is the mesh's.
func (p property) ownsName(name string) bool { return p.owns(instance.OwnerOf(p.h, name)) }

func (p property) owns(mesh string) bool { return mesh == p.mesh || mesh == "" && p.alone() }

// wroteUnit says whether this mesh wrote a unit: its description names the mesh.
func (p property) wroteUnit(unit string) bool {
	text, _ := p.h.Read(filepath.Join(host.UnitDir, unit))
	return p.mesh != "" && mark.OfUnit(text) == p.mesh
}

// wroteDefinition says whether Gatehouse wrote a definition, and not for another mesh. An earlier version named none in it.
func (p property) wroteDefinition(path string) bool {
	text, _ := p.h.Read(path)
	mesh := mark.OfDefinition(text)
	return mark.IsWritten(text) && (mesh == "" || mesh == p.mesh)
}

// checkRecord refuses a node on which the mesh is not on record.
func checkRecord(h *host.Host, owner document.Owner) error {
	if err := h.CheckOwner(owner); err != nil {
		return err
	}
	if record, err := h.Record(owner.Mesh); err != nil || record.Mesh == owner.Mesh {
		return err
	}
	return fmt.Errorf("%s is not there, so there is no record of what %s put here; nothing was removed. Replace the Terraform resource node_%s and deploy again",
		host.RecordFile(owner.Mesh), owner.Mesh, owner.Node)
}

// belongs says whether files of this name stay: they are of a declared instance, of the agent or of the node.
func (s *sweep) belongs(name string) bool {
	return s.declared(name) || instance.Reserved(name) || !document.ValidName(name)
}
