package sweep

import (
	"fmt"
	"path/filepath"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/mark"
)

// property decides what on a node belongs to a mesh.
type property struct {
	h    *host.Host
	mesh string
	// alone says that no other mesh has anything on this node: what has no owner on record is then this mesh's, since an
	// earlier version recorded none.
	alone bool
}

func propertyOf(h *host.Host, mesh string) (property, error) {
	others, err := h.Others(mesh)
	return property{h, mesh, len(others) == 0}, err
}

// ownsName says whether an instance of this name is the mesh's.
func (p property) ownsName(name string) bool { return p.owns(instance.OwnerOf(p.h, name)) }

func (p property) owns(mesh string) bool { return mesh == p.mesh || mesh == "" && p.alone }

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
