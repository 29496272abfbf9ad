package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/document"
)

// NodeRecord says that a mesh is on this node: /opt/gatehouse/meshes/NAME.json.
type NodeRecord struct {
	document.Owner
	Role document.Role `json:"role"`
	TLS  bool          `json:"tls"`
	// Earlier says that an earlier version wrote it, for which a node has only one mesh.
	Earlier bool `json:"-"`
}

// legacyNodeConf is the file that earlier versions wrote: lines of NAME='value'.
const legacyNodeConf = Gatehouse + "/node.conf"

// RecordFile of a mesh on this node.
func RecordFile(mesh string) string { return filepath.Join(Meshes, mesh+".json") }

// Records of the meshes that are on this node, by name.
func (h *Host) Records() ([]NodeRecord, error) {
	var records []NodeRecord
	// Without this, a folder that cannot be read would look like a node that no other mesh is on.
	if _, err := os.ReadDir(h.Path(Meshes)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s cannot be read: %w", Meshes, err)
	}
	for _, file := range h.List(Meshes) {
		mesh, isRecord := strings.CutSuffix(file, ".json")
		if !isRecord || strings.HasPrefix(file, ".") {
			continue
		}
		record, err := h.readRecord(filepath.Join(Meshes, file))
		if err == nil && record.Mesh != mesh {
			err = fmt.Errorf("%s is the record of another mesh: %s", RecordFile(mesh), Clean(record.Mesh))
		}
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	earlier, err := h.earlier()
	isThere := func(one NodeRecord) bool { return one.Mesh == earlier.Mesh }
	if err != nil || !document.ValidName(earlier.Mesh) || slices.ContainsFunc(records, isThere) {
		return records, err
	}
	records = append(records, earlier)
	slices.SortFunc(records, func(a, b NodeRecord) int { return strings.Compare(a.Mesh, b.Mesh) })
	return records, nil
}

func (h *Host) readRecord(path string) (record NodeRecord, err error) {
	text, err := h.Read(path)
	if err == nil {
		err = json.Unmarshal(text, &record)
	}
	if err != nil {
		return record, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return record, nil
}

// earlier is the record that an earlier version wrote.
func (h *Host) earlier() (record NodeRecord, err error) {
	if h.Exists(NodeFile) {
		record, err = h.readRecord(NodeFile)
	} else if text, unread := h.Read(legacyNodeConf); unread == nil {
		conf := Conf(string(text))
		record.Mesh, record.Node = conf["MESH"], conf["NODE"]
		record.Role, record.TLS = document.Role(conf["ROLE"]), conf["TLS"] == "yes"
	}
	record.Earlier = true
	return record, err
}

// Record of a mesh on this node; the zero value when it is not on record.
func (h *Host) Record(mesh string) (NodeRecord, error) {
	records, err := h.Records()
	for _, record := range records {
		if record.Mesh == mesh {
			return record, err
		}
	}
	return NodeRecord{}, err
}

// OnRecord are the other meshes that are on record on this node.
func (h *Host) OnRecord(besides string) ([]string, error) {
	var others []string
	records, err := h.Records()
	for _, record := range records {
		if record.Mesh != besides {
			others = append(others, record.Mesh)
		}
	}
	return others, err
}

// Others are the other meshes that have anything on this node: a record, or a program, which arrives before the record.
func (h *Host) Others(mesh string) ([]string, error) {
	others, err := h.OnRecord(mesh)
	for _, name := range h.programs() {
		if name != mesh && !slices.Contains(others, name) {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	return others, err
}

// CheckOwner refuses a node where another mesh was last deployed by a version that knows only one mesh on a node.
func (h *Host) CheckOwner(owner document.Owner) error {
	records, err := h.Records()
	if err != nil {
		return err
	}
	for _, record := range records {
		if record.Earlier && record.Mesh != owner.Mesh {
			return earlierOwner(record.Mesh, owner)
		}
	}
	return nil
}

// earlierOwner is the error of a node where another mesh was last deployed by a version that knows only one mesh on a node.
func earlierOwner(other string, owner document.Owner) error {
	other = Clean(other)
	return fmt.Errorf("this node belongs to the mesh %s alone, since an earlier version of Gatehouse deployed it, and the deploy is of %s: nothing was changed. Deploy %s with this version first; if %s was renamed, name it %s again",
		other, owner.Mesh, other, other, other)
}

// sharedMark is the record for an earlier version on a node with several meshes: it refuses to work there.
const sharedMark = `{"mesh": "of several teams, which are in /opt/gatehouse/meshes: a newer Gatehouse has to deploy here"}` + "\n"

// EarlierRecord is the content of node.json for so many meshes; "" where there is none.
func EarlierRecord(meshes int) string {
	if meshes > 1 {
		return sharedMark
	}
	return ""
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
