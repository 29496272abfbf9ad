package consul

import "gatehouse/node/mark"

// Mesh that the entry belongs to by its mark; "" for none.
func (e Entry) Mesh() string {
	meta, _ := e["Meta"].(map[string]any)
	return text(meta[mark.Meta])
}

// BelongsTo says whether the entry carries the mark of a mesh.
func (e Entry) BelongsTo(mesh string) bool { return mesh != "" && e.Mesh() == mesh }
