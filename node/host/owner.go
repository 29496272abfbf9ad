package host

import (
	"encoding/json"
	"fmt"
	"strings"

	"gatehouse/node/document"
)

// NodeRecord is /opt/gatehouse/node.json: which mesh this node belongs to.
type NodeRecord struct {
	document.Owner
	Role document.Role `json:"role"`
	TLS  bool          `json:"tls"`
}

// legacyNodeConf is what earlier versions wrote: lines of NAME='value'.
const legacyNodeConf = Gatehouse + "/node.conf"

// Record of the node; the zero value when no mesh was ever deployed here.
func (h *Host) Record() (NodeRecord, error) {
	var record NodeRecord
	text, err := h.Read(NodeFile)
	if err == nil {
		if err = json.Unmarshal(text, &record); err != nil {
			return record, fmt.Errorf("%s cannot be read: %w", NodeFile, err)
		}
		return record, nil
	}
	if text, err = h.Read(legacyNodeConf); err == nil {
		conf := Conf(string(text))
		record.Mesh, record.Node = conf["MESH"], conf["NODE"]
		record.Role, record.TLS = document.Role(conf["ROLE"]), conf["TLS"] == "yes"
	}
	return record, nil
}

// ForeignMesh is the other mesh that this node belongs to; "" when it belongs to none or to the owner's.
func (h *Host) ForeignMesh(owner document.Owner) (string, error) {
	record, err := h.Record()
	if err != nil || record.Mesh == "" || record.Mesh == owner.Mesh {
		return "", err
	}
	return record.Mesh, nil
}

// CheckOwner refuses a node that belongs to another mesh.
func (h *Host) CheckOwner(owner document.Owner) error {
	other, err := h.ForeignMesh(owner)
	if err != nil {
		return err
	}
	if other != "" {
		return BelongsTo(other, owner)
	}
	return nil
}

// BelongsTo is the error of a node that belongs to another mesh.
func BelongsTo(other string, owner document.Owner) error {
	return fmt.Errorf("this node belongs to the mesh %s, and the deploy is of %s: nothing was changed. Retire the node there first; if %s was renamed, name it %s again",
		Clean(other), owner.Mesh, Clean(other), Clean(other))
}

// Conf reads lines of NAME='value', as earlier versions wrote their settings for a shell.
func Conf(text string) map[string]string {
	values := map[string]string{}
	for _, line := range strings.Split(text, "\n") {
		key, value, found := strings.Cut(line, "=")
		if !found {
			continue
		}
		if len(value) >= 2 && value[0] == '\'' && value[len(value)-1] == '\'' {
			value = strings.ReplaceAll(value[1:len(value)-1], `'\''`, `'`)
		}
		values[key] = value
	}
	return values
}
