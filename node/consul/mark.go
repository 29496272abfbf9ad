package consul

// Mark is the key in an entry's Meta whose value is the mesh that the entry belongs to.
const Mark = "gatehouse-mesh"

// Mesh that the entry belongs to by its mark; "" for none.
func (e Entry) Mesh() string {
	meta, _ := e["Meta"].(map[string]any)
	return text(meta[Mark])
}

// BelongsTo says whether the entry carries the mark of a mesh.
func (e Entry) BelongsTo(mesh string) bool { return mesh != "" && e.Mesh() == mesh }
